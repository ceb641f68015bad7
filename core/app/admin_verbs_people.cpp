// `moongate user …`, `balance` and `client …`.
#include "app/admin_verbs.h"

#include <cstdio>

#include "base/money.h"
#include "crypto/password.h"

namespace moongate {
namespace {

void put(boost::json::object& body, std::string_view name, const std::string& value) {
  if (!value.empty()) body[name] = value;
}

// The first line of standard input, where a process list does not show it. False: said what is wrong.
bool read_password(const AdminDesk& desk, const AdminWords& words, boost::json::object& body) {
  if (!words.password_stdin) return true;
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    if (line.size() > kLongestPassword) break;
    line += static_cast<char>(c);
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) {
    desk.fail("--password-stdin: standard input has no line; write it as: printf '%s\\n' \"$PASSWORD\" | moongate user …");
    return false;
  }
  body["password"] = line;
  return true;
}

int switch_it(AdminDesk& desk, std::string_view collection, const AdminWords& words, bool enabled) {
  const boost::json::object body{{"enabled", enabled}};
  const auto answer = desk.ask("PATCH", admin_path(collection, words.name), "", &body);
  if (!answer) return kExitFailed;
  if (desk.format() == "json") return desk.show(*answer);
  desk.say(cell(answer->json, "name") + " is " + (enabled ? "enabled." : "disabled."));
  return kExitDone;
}

TextTable balance_table() { return TextTable({{"USER"}, {"BALANCE", true}, {"CREDITED", true}, {"CHARGED", true}}); }

void add_balance(TextTable& table, const boost::json::object& row) {
  table.add({cell(row, "user"), cell(row, "balance"), cell(row, "credited"), cell(row, "charged")});
}

}  // namespace

int user_list(AdminDesk& desk, const AdminWords&) {
  const auto answer = desk.ask("GET", "users");
  if (!answer) return kExitFailed;
  TextTable table({{"NAME"}, {"EMAIL"}, {"ROLE"}, {"ENABLED"}, {"BALANCE", true}, {"CREATED"}, {"ID"}});
  for (const auto& each : answer->json.at("users").as_array()) {
    const auto& user = each.as_object();
    table.add({cell(user, "name"), cell(user, "email"), cell(user, "role"), cell(user, "enabled"), cell(user, "balance"),
               cell(user, "created_at"), cell(user, "id")});
  }
  return desk.show(*answer, table);
}

int user_add(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body{{"name", words.name}};
  put(body, "email", words.email);
  put(body, "role", words.role);
  put(body, "opening", words.opening);
  if (!add_terms(desk, words, body) || !read_password(desk, words, body)) return kExitMisused;
  const auto answer = desk.ask("POST", "users", "", &body);
  if (!answer) return kExitFailed;
  if (desk.format() == "json") return desk.show(*answer);
  desk.say("The user " + words.name + " was made, with a balance of $" + cell(answer->json, "balance") +
           ". `moongate user token " + words.name + "` makes a key.");
  return kExitDone;
}

int user_show(AdminDesk& desk, const AdminWords& words) {
  const auto answer = desk.ask("GET", admin_path("users", words.name));
  return answer ? desk.show(*answer) : kExitFailed;
}

int user_change(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body;
  put(body, "name", words.new_name);
  put(body, "email", words.email);
  put(body, "role", words.role);
  if (!add_terms(desk, words, body) || !read_password(desk, words, body)) return kExitMisused;
  const auto answer = desk.ask("PATCH", admin_path("users", words.name), "", &body);
  return answer ? desk.show(*answer) : kExitFailed;
}

int user_disable(AdminDesk& desk, const AdminWords& words) { return switch_it(desk, "users", words, false); }
int user_enable(AdminDesk& desk, const AdminWords& words) { return switch_it(desk, "users", words, true); }

int user_token(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body;
  put(body, "name", words.new_name);
  put(body, "expires", words.expires);
  if (!add_terms(desk, words, body)) return kExitMisused;
  const auto answer = desk.ask("POST", admin_path("users", words.name, "/token"), "", &body);
  if (!answer) return kExitFailed;
  if (desk.format() == "json") return desk.show(*answer);
  std::puts(cell(answer->json, "key").c_str());
  desk.say("This is " + words.name + "'s key " + cell(answer->json, "id") + "; it is shown this once.");
  return kExitDone;
}

int balance(AdminDesk& desk, const AdminWords& words) {
  if (words.name.empty()) {
    const auto answer = desk.ask("GET", "balances");
    if (!answer) return kExitFailed;
    TextTable table = balance_table();
    for (const auto& each : answer->json.at("balances").as_array()) add_balance(table, each.as_object());
    return desk.show(*answer, table);
  }
  if (words.amount.empty()) {
    const auto answer = desk.ask("GET", admin_path("users", words.name, "/balance"));
    if (!answer) return kExitFailed;
    TextTable table = balance_table();
    add_balance(table, answer->json);
    return desk.show(*answer, table);
  }
  const std::optional<NanoDollars> amount = parse_dollars(words.amount);
  if (!amount) {
    desk.fail(words.amount + " is no amount; write +25, +12.50 or -3.75, in dollars");
    return kExitMisused;
  }
  boost::json::object body{{"amount", format_dollars(*amount)}};
  if (*amount < 0) body["kind"] = "correction";
  put(body, "note", words.note);
  put(body, "id", words.id);
  const auto answer = desk.ask("POST", admin_path("users", words.name, "/movements"), "", &body);
  if (!answer) return kExitFailed;
  if (desk.format() == "json") return desk.show(*answer);
  desk.say(cell(answer->json, "moved") == "yes" ? "Booked."
                                                : "Nothing moved: the movement " + words.id + " was booked before.");
  std::puts(cell(answer->json, "balance").c_str());
  return kExitDone;
}

int client_list(AdminDesk& desk, const AdminWords& words) {
  const auto answer = desk.ask("GET", "clients", admin_query({{"user", words.user}}));
  if (!answer) return kExitFailed;
  TextTable table({{"NAME"}, {"USER"}, {"ENABLED"}, {"TERMS"}, {"CREATED"}, {"ID"}});
  for (const auto& each : answer->json.at("clients").as_array()) {
    const auto& client = each.as_object();
    table.add({cell(client, "name"), cell(client, "user"), cell(client, "enabled"), cell(client, "terms"),
               cell(client, "created_at"), cell(client, "id")});
  }
  return desk.show(*answer, table);
}

int client_add(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body{{"name", words.name}};
  put(body, "user", words.user);
  if (!add_terms(desk, words, body)) return kExitMisused;
  const auto answer = desk.ask("POST", "clients", "", &body);
  if (!answer) return kExitFailed;
  if (desk.format() == "json") return desk.show(*answer);
  desk.say("The client " + words.name + " was made. `moongate key add --client " + words.name + "` makes a key.");
  return kExitDone;
}

int client_show(AdminDesk& desk, const AdminWords& words) {
  const auto answer = desk.ask("GET", admin_path("clients", words.name));
  return answer ? desk.show(*answer) : kExitFailed;
}

int client_change(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body;
  put(body, "name", words.new_name);
  if (words.user == "-") {
    body["user"] = nullptr;
  } else {
    put(body, "user", words.user);
  }
  if (!add_terms(desk, words, body)) return kExitMisused;
  const auto answer = desk.ask("PATCH", admin_path("clients", words.name), "", &body);
  return answer ? desk.show(*answer) : kExitFailed;
}

int client_disable(AdminDesk& desk, const AdminWords& words) { return switch_it(desk, "clients", words, false); }
int client_enable(AdminDesk& desk, const AdminWords& words) { return switch_it(desk, "clients", words, true); }

int client_delete(AdminDesk& desk, const AdminWords& words) {
  if (!desk.ask("DELETE", admin_path("clients", words.name))) return kExitFailed;
  desk.say("The client " + words.name + " and its keys are gone.");
  return kExitDone;
}

}  // namespace moongate
