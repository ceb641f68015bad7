#include "control/admin_usage.h"

#include <algorithm>
#include <map>

#include "base/money.h"
#include "control/admin_input.h"
#include "control/csv.h"
#include "control/time_text.h"

namespace moongate {
namespace {

constexpr std::int64_t kHour = 3600, kDay = 86400;
// A page of the console shows less; who wants more asks for a shorter period.
constexpr std::size_t kMostRows = 100'000;

struct Asked {
  UsageQuery query;
  bool hours = false;
  bool costs = true;  // what it cost us is told
};

void read_period(AdminQuery& input, std::int64_t now_s, UsageQuery& query) {
  const std::string date = input.text("date");
  const auto from = input.time("from"), to = input.time("to");
  if (!date.empty()) {
    const auto period = parse_period(date);
    if (!period) input.refuse("\"date\" must be a year, a month or a day: 2026, 2026-11 or 2026-11-20.");
    if (from || to) input.refuse("Ask either by \"date\" or by \"from\" and \"to\".");
    if (period) query.from_s = period->from_s, query.to_s = period->to_s;
    return;
  }
  const Period month = month_of(from.value_or(now_s));
  query.from_s = from.value_or(to ? month_of(*to - 1).from_s : month.from_s);
  query.to_s = to.value_or(from ? now_s - now_s % kDay + kDay : month.to_s);
  if (query.from_s >= query.to_s) input.refuse("\"from\" must lie before \"to\", which is the first moment not told.");
}

void read_dimensions(AdminQuery& input, Asked& asked) {
  std::string by = input.text("by");
  if (by.empty()) by = "day";
  std::string_view rest = by;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view each = rest.substr(0, comma);
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
    UsageQuery& query = asked.query;
    if (each == "day" || each == "hour") {
      if (query.by_bucket) input.refuse("\"by\" may name day or hour once.");
      query.by_bucket = true;
      asked.hours = each == "hour";
    } else if (each == "user") {
      query.by_user = true;
    } else if (each == "client") {
      query.by_client = true;
    } else if (each == "provider") {
      query.by_provider = true;
    } else if (each == "model") {
      query.by_model = true;
    } else if (each != "total") {
      input.refuse("\"by\" must be total, or one or several of day, hour, user, client, provider and model with commas between them.");
    }
  }
}

// Days are sums of whole days: what begins or ends inside one is told from the hours.
void choose_bucket(AdminQuery& input, Asked& asked) {
  UsageQuery& query = asked.query;
  const bool whole_days = query.from_s % kDay == 0 && query.to_s % kDay == 0;
  if (query.from_s % kHour != 0 || query.to_s % kHour != 0) {
    input.refuse("\"from\" and \"to\" must be full hours: usage is kept by the hour.");
  }
  if (query.by_bucket && !asked.hours && !whole_days) {
    input.refuse("By day, \"from\" and \"to\" must be midnight (UTC); ask by hour for less than a day.");
  }
  query.bucket = asked.hours || !whole_days ? UsageBucket::kHour : UsageBucket::kDay;
}

void add(UsageRollup& sum, const UsageRollup& row) {
  sum.requests += row.requests;
  sum.failures += row.failures;
  sum.unpriced += row.unpriced;
  sum.estimated += row.estimated;
  sum.input_tokens += row.input_tokens;
  sum.cache_write_tokens += row.cache_write_tokens;
  sum.cache_read_tokens += row.cache_read_tokens;
  sum.output_tokens += row.output_tokens;
  sum.cost_nano += row.cost_nano;
  sum.billed_nano += row.billed_nano;
}

boost::json::object figures(const UsageRollup& row, bool costs) {
  boost::json::object told{{"requests", row.requests},
          {"failures", row.failures},
          {"unpriced", row.unpriced},
          {"estimated", row.estimated},
          {"input_tokens", row.input_tokens},
          {"cache_write_tokens", row.cache_write_tokens},
          {"cache_read_tokens", row.cache_read_tokens},
          {"output_tokens", row.output_tokens},
          {"cost", format_dollars(row.cost_nano)},
          {"billed", format_dollars(row.billed_nano)}};
  if (!costs) told.stable_erase("cost");
  return told;
}

std::string bucket_text(const Asked& asked, const UsageRollup& row) {
  return asked.hours ? rfc3339(row.bucket_start_s) : day_of(row.bucket_start_s);
}

boost::json::object row_view(const Asked& asked, const UsageRollup& row, const std::string& user) {
  boost::json::object view;
  const UsageQuery& query = asked.query;
  if (query.by_bucket) view[asked.hours ? "hour" : "day"] = bucket_text(asked, row);
  if (query.by_user) view["user_id"] = row.user_id, view["user"] = user;
  if (query.by_client) view["client"] = row.client;
  if (query.by_provider) view["provider"] = row.provider;
  if (query.by_model) view["model"] = row.model;
  for (auto& [name, value] : figures(row, asked.costs)) view[name] = std::move(value);
  return view;
}

HttpResponse as_csv(const Asked& asked, const std::vector<UsageRollup>& rows, const std::map<std::string, std::string>& users) {
  CsvText csv;
  const UsageQuery& query = asked.query;
  if (query.by_bucket) csv.plain(asked.hours ? "hour" : "day");
  if (query.by_user) csv.plain("user");
  if (query.by_client) csv.plain("client");
  if (query.by_provider) csv.plain("provider");
  if (query.by_model) csv.plain("model");
  for (const auto& [name, value] : figures({}, asked.costs)) csv.plain({name.data(), name.size()});
  csv.end_row();
  for (const UsageRollup& row : rows) {
    const auto user = users.find(row.user_id);
    if (query.by_bucket) csv.plain(bucket_text(asked, row));
    if (query.by_user) csv.text(user == users.end() ? row.user_id : user->second);
    if (query.by_client) csv.text(row.client);
    if (query.by_provider) csv.text(row.provider);
    if (query.by_model) csv.text(row.model);
    for (const auto& [name, value] : figures(row, asked.costs)) {
      csv.plain(value.is_string() ? std::string(value.get_string()) : std::to_string(value.get_int64()));
    }
    csv.end_row();
  }
  HttpResponse answer;
  answer.body = csv.take();
  set_header(answer, "Content-Type", "text/csv; charset=utf-8");
  set_header(answer, "Cache-Control", "no-store");
  return answer;
}

}  // namespace

namespace {

HttpResponse told_usage(AdminParts& parts, const AdminCall& call, const UsageScope* scope) {
  AdminQuery input(call.request, {"from", "to", "date", "by", "client", "user", "model", "format"});
  Asked asked;
  asked.costs = scope == nullptr;
  read_period(input, parts.now_s(), asked.query);
  read_dimensions(input, asked);
  choose_bucket(input, asked);
  const std::string format = input.choice("format", {"json", "csv"});
  asked.query.client = input.text("client");
  asked.query.model = input.text("model");
  if (scope != nullptr) {
    if (!input.text("user").empty() || asked.query.by_user) input.refuse("This tells of yourself only; leave \"user\" out.");
    const std::string& only = scope->client;
    if (!only.empty() && !asked.query.client.empty() && asked.query.client != only) {
      input.refuse("This key tells of its own client only; leave \"client\" out.");
    }
    asked.query.user_id = scope->user_id;
    if (!only.empty()) asked.query.client = only;
  }
  if (auto refused = input.refusal()) return std::move(*refused);
  if (const std::string user = input.text("user"); !user.empty()) {
    const OrReply<UserRecord> found = find_user(parts, user);
    if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
    asked.query.user_id = std::get<UserRecord>(found).id;
  }
  const auto rows = parts.store.sum_usage(asked.query);
  if (!rows) return store_refused(parts, rows.error());
  if (rows->size() > kMostRows) {
    return bad_argument("That is " + std::to_string(rows->size()) + " rows; ask for a shorter period or fewer dimensions.");
  }
  std::map<std::string, std::string> users;
  if (asked.query.by_user) {
    const auto known = parts.store.list_users();
    if (!known) return store_refused(parts, known.error());
    for (const UserRecord& user : *known) users[user.id] = user.name;
  }
  if (format == "csv") return as_csv(asked, *rows, users);
  UsageRollup total;
  boost::json::array list;
  for (const UsageRollup& row : *rows) {
    add(total, row);
    const auto user = users.find(row.user_id);
    list.push_back(row_view(asked, row, user == users.end() ? "" : user->second));
  }
  return json_reply(200, {{"from", rfc3339(asked.query.from_s)},
                          {"to", rfc3339(asked.query.to_s)},
                          {"rows", std::move(list)},
                          {"total", figures(total, asked.costs)}});
}

}  // namespace

HttpResponse show_usage(AdminParts& parts, const AdminCall& call) { return told_usage(parts, call, nullptr); }

HttpResponse show_usage_within(AdminParts& parts, const AdminCall& call, const UsageScope& scope) {
  return told_usage(parts, call, &scope);
}

}  // namespace moongate
