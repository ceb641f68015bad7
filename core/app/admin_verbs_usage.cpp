// `moongate usage`, `ledger`, `reprice` and `audit`.
#include <algorithm>
#include <cctype>
#include <cstdio>

#include "app/admin_verbs.h"

namespace moongate {
namespace {

std::string title_of(std::string_view member) {
  std::string title(member);
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return c == '_' ? ' ' : static_cast<char>(std::toupper(c)); });
  return title;
}

bool is_figure(std::string_view member) {
  return member != "day" && member != "hour" && member != "user" && member != "client" && member != "provider" && member != "model";
}

}  // namespace

int usage(AdminDesk& desk, const AdminWords& words) {
  const auto answer = desk.ask("GET", "usage", admin_query({{"user", words.name},
                                                            {"from", words.from},
                                                            {"to", words.to},
                                                            {"date", words.date},
                                                            {"by", words.by},
                                                            {"client", words.client},
                                                            {"model", words.model},
                                                            {"format", desk.format() == "csv" ? "csv" : ""}}));
  if (!answer) return kExitFailed;
  if (desk.format() == "csv") {
    std::fwrite(answer->body.data(), 1, answer->body.size(), stdout);
    return kExitDone;
  }
  const auto& rows = answer->json.at("rows").as_array();
  const auto& total = answer->json.at("total").as_object();
  std::vector<std::string> members;  // a row's, but for the ids that a name stands for
  std::vector<TableColumn> columns;
  for (const auto& [name, value] : rows.empty() ? total : rows.front().as_object()) {
    if (name == "user_id") continue;
    members.emplace_back(name);
    columns.push_back({title_of(members.back()), is_figure(members.back())});
  }
  TextTable table(columns);
  for (const auto& each : rows) {
    std::vector<std::string> cells;
    for (const std::string& member : members) cells.push_back(cell(each.as_object(), member));
    table.add(std::move(cells));
  }
  if (rows.size() != 1) {
    std::vector<std::string> cells;
    for (const std::string& member : members) cells.push_back(is_figure(member) ? cell(total, member) : cells.empty() ? "total" : "");
    table.add(std::move(cells));
  }
  if (desk.format() == "table") {
    desk.say("From " + cell(answer->json, "from") + " to " + cell(answer->json, "to") + ", in dollars.");
  }
  return desk.show(*answer, table);
}

int ledger(AdminDesk& desk, const AdminWords& words) {
  const auto answer = desk.ask("GET", "ledger", admin_query({{"user", words.user},
                                                             {"client", words.client},
                                                             {"model", words.model},
                                                             {"from", words.from},
                                                             {"to", words.to},
                                                             {"limit", words.limit > 0 ? std::to_string(words.limit) : ""}}));
  if (!answer) return kExitFailed;
  TextTable table({{"ENDED"}, {"REQUEST"}, {"CLIENT"}, {"ACCOUNT"}, {"MODEL"}, {"OUTCOME"}, {"STATUS", true}, {"INPUT", true},
                   {"CACHE READ", true}, {"OUTPUT", true}, {"COST", true}, {"BILLED", true}});
  for (const auto& each : answer->json.at("rows").as_array()) {
    const auto& row = each.as_object();
    const auto& used = row.at("usage").as_object();
    table.add({cell(row, "ended_at"), cell(row, "request_id"), cell(row, "client"), cell(row, "account"), cell(row, "model"),
               cell(row, "outcome"), cell(row, "status"), cell(used, "input_tokens"), cell(used, "cache_read_tokens"),
               cell(used, "output_tokens"), cell(row, "cost"), cell(row, "billed")});
  }
  return desk.show(*answer, table);
}

int reprice_ledger(AdminDesk& desk, const AdminWords& words) {
  const boost::json::object body{{"from", words.from}, {"to", words.to}};
  const auto answer = desk.ask("POST", "reprice", "", &body);
  if (!answer) return kExitFailed;
  if (desk.format() == "json") return desk.show(*answer);
  desk.say(cell(answer->json, "changed") + " requests cost something else now, from " + cell(answer->json, "from") + " to " +
           cell(answer->json, "to") + ".");
  return kExitDone;
}

int audit_log(AdminDesk& desk, const AdminWords& words) {
  const auto answer = desk.ask("GET", "audit", admin_query({{"limit", words.limit > 0 ? std::to_string(words.limit) : ""}}));
  if (!answer) return kExitFailed;
  TextTable table({{"AT"}, {"WHO"}, {"FROM"}, {"DID"}, {"TO"}, {"HOW"}});
  for (const auto& each : answer->json.at("audit").as_array()) {
    const auto& row = each.as_object();
    table.add({cell(row, "at"), cell(row, "actor"), cell(row, "address"), cell(row, "action"), cell(row, "subject"), cell(row, "detail")});
  }
  return desk.show(*answer, table);
}

}  // namespace moongate
