// `moongate key …` and `account …`.
#include <boost/json/parse.hpp>
#include <cstdio>

#include "app/admin_verbs.h"
#include "crypto/secret_file.h"

namespace moongate {
namespace {

// The id of the key that has this id, prefix or name. Nothing: none has, or several; that has been said.
std::optional<std::string> key_id(AdminDesk& desk, const std::string& wanted) {
  if (wanted.starts_with("k-")) return wanted;
  const auto answer = desk.ask("GET", "keys");
  if (!answer) return std::nullopt;
  std::vector<std::string> found;
  // A whole key may have been pasted: its beginning tells which.
  const std::string prefix = wanted.starts_with("mg-") ? wanted.substr(0, 7) : wanted;
  for (const auto& each : answer->json.at("keys").as_array()) {
    const auto& key = each.as_object();
    if (cell(key, "prefix") == prefix || cell(key, "name") == wanted) found.push_back(cell(key, "id"));
  }
  if (found.size() == 1) return found.front();
  desk.fail(found.empty() ? "no key has the id, beginning or name " + prefix + "; `moongate key list` shows all"
                          : std::to_string(found.size()) + " keys have the beginning or name " + prefix +
                                "; name one by its id, which `moongate key list` shows");
  return std::nullopt;
}

int change(AdminDesk& desk, const AdminWords& words, const boost::json::object& body) {
  const auto id = key_id(desk, words.name);
  if (!id) return kExitFailed;
  const auto answer = desk.ask("PATCH", admin_path("keys", *id), "", &body);
  return answer ? desk.show(*answer) : kExitFailed;
}

int reveal(const AdminDesk& desk, const AdminDesk::Answer& answer) {
  if (desk.format() == "json") return desk.show(answer);
  std::puts(cell(answer.json, "key").c_str());
  desk.say("This is the key " + cell(answer.json, "id") + " of " + cell(answer.json, "client") + "; it is shown this once.");
  return kExitDone;
}

int patch_account(AdminDesk& desk, const AdminWords& words, const boost::json::object& body) {
  const auto answer = desk.ask("PATCH", admin_path("upstream-accounts", words.name), "", &body);
  return answer ? desk.show(*answer) : kExitFailed;
}

// models, weight and the key file's JSON. False: said why not.
bool read_account(const AdminDesk& desk, const AdminWords& words, boost::json::object& body) {
  if (words.weight > 0) body["weight"] = words.weight;
  if (!words.models.empty()) {
    boost::json::array models;
    for (const std::string& model : words.models) models.push_back(boost::json::object{{"model", model}});
    body["models"] = std::move(models);
  }
  if (words.file.empty()) return true;
  const Result<Secret> text = read_secret_file(words.file, 256 * 1024);
  if (!text) {
    desk.fail(text.error().describe());
    return false;
  }
  boost::json::error_code failed;
  boost::json::value json = boost::json::parse(text->reveal(), failed);
  if (failed || !json.is_object()) {
    desk.fail(words.file + " holds no JSON object; a key file from Google does, or {\"type\":\"anthropic_api_key\",\"api_key\":\"…\"}");
    return false;
  }
  body["credential"] = std::move(json);
  return true;
}

}  // namespace

int key_list(AdminDesk& desk, const AdminWords& words) {
  const auto answer = desk.ask("GET", "keys", admin_query({{"client", words.client}}));
  if (!answer) return kExitFailed;
  TextTable table({{"ID"}, {"PREFIX"}, {"NAME"}, {"CLIENT"}, {"ENABLED"}, {"EXPIRES"}, {"LAST USED"}, {"TERMS"}});
  for (const auto& each : answer->json.at("keys").as_array()) {
    const auto& key = each.as_object();
    table.add({cell(key, "id"), cell(key, "prefix"), cell(key, "name"), cell(key, "client"), cell(key, "enabled"),
               cell(key, "expires_at"), cell(key, "last_used_at"), cell(key, "terms")});
  }
  return desk.show(*answer, table);
}

int key_add(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body{{"client", words.client}};
  if (!words.new_name.empty()) body["name"] = words.new_name;
  if (!words.expires.empty()) body["expires"] = words.expires;
  if (!add_terms(desk, words, body)) return kExitMisused;
  const auto answer = desk.ask("POST", "keys", "", &body);
  return answer ? reveal(desk, *answer) : kExitFailed;
}

int key_show(AdminDesk& desk, const AdminWords& words) {
  const auto id = key_id(desk, words.name);
  if (!id) return kExitFailed;
  const auto answer = desk.ask("GET", admin_path("keys", *id));
  return answer ? desk.show(*answer) : kExitFailed;
}

int key_change(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body;
  if (!words.new_name.empty()) body["name"] = words.new_name;
  if (words.expires == "never") {
    body["expires"] = nullptr;
  } else if (!words.expires.empty()) {
    body["expires"] = words.expires;
  }
  if (!add_terms(desk, words, body)) return kExitMisused;
  return change(desk, words, body);
}

int key_disable(AdminDesk& desk, const AdminWords& words) { return change(desk, words, {{"enabled", false}}); }
int key_enable(AdminDesk& desk, const AdminWords& words) { return change(desk, words, {{"enabled", true}}); }

int key_delete(AdminDesk& desk, const AdminWords& words) {
  const auto id = key_id(desk, words.name);
  if (!id || !desk.ask("DELETE", admin_path("keys", *id))) return kExitFailed;
  desk.say("The key " + *id + " is gone.");
  return kExitDone;
}

int key_regenerate(AdminDesk& desk, const AdminWords& words) {
  const auto id = key_id(desk, words.name);
  if (!id) return kExitFailed;
  const auto answer = desk.ask("POST", admin_path("keys", *id, "/regenerate"));
  return answer ? reveal(desk, *answer) : kExitFailed;
}

int account_list(AdminDesk& desk, const AdminWords&) {
  const auto answer = desk.ask("GET", "upstream-accounts");
  if (!answer) return kExitFailed;
  TextTable table({{"NAME"}, {"CREDENTIAL"}, {"MODELS"}, {"WEIGHT", true}, {"ENABLED"}, {"DISABLED BECAUSE"}, {"CREATED"}});
  for (const auto& each : answer->json.at("accounts").as_array()) {
    const auto& account = each.as_object();
    table.add({cell(account, "name"), cell(account, "hint"), cell(account, "models"), cell(account, "weight"),
               cell(account, "enabled"), cell(account, "disabled_reason"), cell(account, "created_at")});
  }
  return desk.show(*answer, table);
}

int account_add(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body{{"name", words.name}};
  if (!read_account(desk, words, body)) return kExitFailed;
  const auto answer = desk.ask("POST", "upstream-accounts", "", &body);
  if (!answer) return kExitFailed;
  if (desk.format() == "json") return desk.show(*answer);
  desk.say("The account " + words.name + " (" + cell(answer->json, "hint") + ") is in the store, sealed. The file " + words.file +
           " is not needed any more.");
  return kExitDone;
}

int account_change(AdminDesk& desk, const AdminWords& words) {
  boost::json::object body;
  if (!read_account(desk, words, body)) return kExitFailed;
  return patch_account(desk, words, body);
}

int account_disable(AdminDesk& desk, const AdminWords& words) { return patch_account(desk, words, {{"enabled", false}}); }
int account_enable(AdminDesk& desk, const AdminWords& words) { return patch_account(desk, words, {{"enabled", true}}); }

int account_remove(AdminDesk& desk, const AdminWords& words) {
  if (!desk.ask("DELETE", admin_path("upstream-accounts", words.name))) return kExitFailed;
  desk.say("The account " + words.name + " is gone.");
  return kExitDone;
}

}  // namespace moongate
