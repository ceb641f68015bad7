#include "people/own_usage.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>

#include "control/admin_input.h"
#include "control/admin_usage.h"
#include "control/admin_views.h"
#include "control/time_text.h"
#include "identity/api_key.h"
#include "people/usage_owner.h"

namespace moongate {
namespace {

constexpr std::int64_t kDayS = 86'400;
constexpr int kVerifiedPerAddress = 60;

struct Sums {
  UsageRollup day, month;
};

// Of today and of this month (UTC), as the ledger has them.
Result<Sums> sums_of(PeopleParts& parts, const std::string& user_id, const std::string& client) {
  const std::int64_t now_s = parts.admin.now_s();
  const std::int64_t today_s = now_s - now_s % kDayS;
  Sums sums;
  for (const auto& [from_s, sum] : {std::pair<std::int64_t, UsageRollup*>{today_s, &sums.day},
                                    {month_of(now_s).from_s, &sums.month}}) {
    UsageQuery query;
    query.from_s = from_s;
    query.to_s = today_s + kDayS;
    query.user_id = user_id;
    query.client = client;
    const auto rows = parts.store().sum_usage(query);
    if (!rows) return rows.error();
    if (!rows->empty()) *sum = rows->front();
  }
  return sums;
}

boost::json::object figures(const UsageRollup& sum) {
  return {{"requests", sum.requests},
          {"failures", sum.failures},
          {"input_tokens", sum.input_tokens},
          {"cache_write_tokens", sum.cache_write_tokens},
          {"cache_read_tokens", sum.cache_read_tokens},
          {"output_tokens", sum.output_tokens},
          {"billed", format_dollars(sum.billed_nano)}};
}

bool is_money(LimitKind kind) { return kind == LimitKind::kCostPerDay || kind == LimitKind::kCostPerMonth; }

boost::json::value amount_view(LimitKind kind, std::int64_t amount) {
  if (amount < 0) return nullptr;
  return is_money(kind) ? boost::json::value(format_dollars(amount)) : boost::json::value(amount);
}

std::int64_t capacity_of(const LimitSet& limits, LimitKind kind) {
  switch (kind) {
    case LimitKind::kRequestsPerMinute: return limits.requests_per_minute;
    case LimitKind::kTokensPerMinute: return limits.tokens_per_minute;
    case LimitKind::kInputTokensPerMinute: return limits.input_tokens_per_minute;
    case LimitKind::kOutputTokensPerMinute: return limits.output_tokens_per_minute;
    case LimitKind::kTokensPerDay: return limits.tokens_per_day;
    case LimitKind::kCostPerDay: return limits.cost_per_day;
    case LimitKind::kCostPerMonth: return limits.cost_per_month;
    case LimitKind::kConcurrent: return limits.concurrent;
    case LimitKind::kBalance: break;
  }
  return 0;
}

// What the ledger knows of a calendar's kinds; -1: it cannot tell.
std::int64_t known_use(const Sums& sums, LimitKind kind) {
  switch (kind) {
    // As limits count: what was read from a prompt cache does not.
    case LimitKind::kTokensPerDay: return sums.day.input_tokens + sums.day.cache_write_tokens + sums.day.output_tokens;
    case LimitKind::kCostPerDay: return sums.day.billed_nano;
    case LimitKind::kCostPerMonth: return sums.month.billed_nano;
    default: return -1;
  }
}

boost::json::value resets_at(LimitKind kind, std::int64_t now_s) {
  const std::int64_t now_ms = now_s * 1000;
  switch (kind) {
    case LimitKind::kTokensPerDay:
    case LimitKind::kCostPerDay: return time_view(utc_day_begin_ms(utc_day(now_ms) + 1) / 1000);
    case LimitKind::kCostPerMonth: return time_view(utc_month_begin_ms(utc_month(now_ms) + 1) / 1000);
    case LimitKind::kConcurrent:
    case LimitKind::kBalance: return nullptr;
    default: return time_view(now_s + 60);  // of a sliding minute all is free again then, at the latest
  }
}

Result<boost::json::array> limits_view(PeopleParts& parts, const UsageOwner& owner) {
  boost::json::array list;
  for (const OwnerLevel& level : owner.levels) {
    if (!level.terms.limits.any()) continue;
    Sums sums;
    const bool of_ledger = level.level != LimitLevel::kKey;
    if (of_ledger) {
      const bool user = level.level == LimitLevel::kUser;
      auto known = sums_of(parts, user ? level.id : "", user ? "" : owner.client);
      if (!known) return known.error();
      sums = *known;
    }
    std::array<std::int64_t, kLimitKinds> used{};
    used.fill(-1);
    if (parts.hooks.used) used = parts.hooks.used(level.level, level.id);
    for (std::size_t i = 0; i < kLimitKinds; ++i) {
      const auto kind = static_cast<LimitKind>(i);
      const std::int64_t limit = capacity_of(level.terms.limits, kind);
      if (limit == 0) continue;
      const std::int64_t most = std::max(used[i], of_ledger ? known_use(sums, kind) : -1);
      list.push_back({{"name", to_string(kind)},
                      {"level", to_string(level.level)},
                      {"of", level.name},
                      {"limit", amount_view(kind, limit)},
                      {"used", amount_view(kind, most)},
                      {"resets_at", resets_at(kind, parts.admin.now_s())}});
    }
  }
  return list;
}

// The narrowest list of models that anybody has said; empty: all.
boost::json::array models_view(const UsageOwner& owner) {
  boost::json::array list;
  for (const OwnerLevel& level : owner.levels) {
    if (!list.empty()) break;
    for (const std::string& model : level.terms.models) list.emplace_back(model);
  }
  return list;
}

boost::json::value text_or_null(const std::string& text) {
  return text.empty() ? boost::json::value() : boost::json::value(text);
}

Result<boost::json::value> balance_view(PeopleParts& parts, const UsageOwner& owner) {
  if (owner.user.id.empty()) return boost::json::value();
  const auto balance = parts.store().balance(owner.user.id);
  if (!balance) return balance.error();
  return boost::json::value(format_dollars(*balance));
}

// {"client", "user", "balance", "limits", "models"}
Result<boost::json::object> quota_view(PeopleParts& parts, const UsageOwner& owner) {
  boost::json::object view{{"client", text_or_null(owner.client)}, {"user", text_or_null(owner.user.name)}};
  if (owner.key) view["key"] = {{"prefix", owner.key->prefix}, {"name", owner.key->name}};
  auto balance = balance_view(parts, owner);
  if (!balance) return balance.error();
  view["balance"] = std::move(*balance);
  auto limits = limits_view(parts, owner);
  if (!limits) return limits.error();
  view["limits"] = std::move(*limits);
  view["models"] = models_view(owner);
  std::int64_t expires_s = owner.key ? owner.key->expires_at_s : 0;
  for (const OwnerLevel& level : owner.levels) {
    const std::int64_t each = level.terms.expires_at_s;
    if (each != 0 && (expires_s == 0 || each < expires_s)) expires_s = each;
  }
  view["expires_at"] = time_view(expires_s);
  return view;
}

HttpResponse told(PeopleParts& parts, Result<boost::json::object> view) {
  if (!view) return store_refused(parts.admin, view.error());
  return json_reply(200, *view);
}

std::optional<HttpResponse> refuse_query(const PeopleCall& call) { return AdminQuery(call.request, {}).refusal(); }

}  // namespace

HttpResponse show_quota(PeopleParts& parts, const PeopleCall& call) {
  if (auto refused = refuse_query(call)) return std::move(*refused);
  OrReply<UsageOwner> owner = usage_owner(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&owner)) return std::move(*refused);
  return told(parts, quota_view(parts, std::get<UsageOwner>(owner)));
}

HttpResponse show_own_usage(PeopleParts& parts, const PeopleCall& call) {
  OrReply<UsageOwner> found = usage_owner(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  const auto& owner = std::get<UsageOwner>(found);
  // A key's client may have had another user before, whose usage is not this one's.
  return show_usage_within(parts.admin, call.admin(), {owner.user.id, owner.client});
}

HttpResponse show_stats(PeopleParts& parts, const PeopleCall& call) {
  if (auto refused = refuse_query(call)) return std::move(*refused);
  OrReply<UsageOwner> found = usage_owner(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  const auto& owner = std::get<UsageOwner>(found);
  const auto sums = sums_of(parts, owner.user.id, owner.client);
  if (!sums) return store_refused(parts.admin, sums.error());
  return json_reply(200, {{"client", text_or_null(owner.client)},
                          {"user", text_or_null(owner.user.name)},
                          {"today", figures(sums->day)},
                          {"month", figures(sums->month)}});
}

HttpResponse show_account(PeopleParts& parts, const PeopleCall& call) {
  if (auto refused = refuse_query(call)) return std::move(*refused);
  OrReply<UsageOwner> found = usage_owner(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  const auto& owner = std::get<UsageOwner>(found);
  Result<boost::json::object> view = quota_view(parts, owner);
  if (!view) return store_refused(parts.admin, view.error());
  if (owner.client.empty()) {
    const auto clients = parts.store().list_clients();
    if (!clients) return store_refused(parts.admin, clients.error());
    boost::json::array list;
    for (const ClientRecord& each : *clients) {
      if (each.user_id == owner.user.id) list.push_back({{"name", each.name}, {"enabled", each.enabled}});
    }
    (*view)["email"] = text_or_null(owner.user.email);
    (*view)["role"] = owner.user.role;
    (*view)["created_at"] = time_view(owner.user.created_at_s);
    (*view)["clients"] = std::move(list);
  }
  return json_reply(200, *view);
}

HttpResponse show_billing(PeopleParts& parts, const PeopleCall& call) {
  AdminQuery query(call.request, {"limit"});
  const auto limit = static_cast<int>(query.integer("limit", 100, 1, 1000));
  if (auto refused = query.refusal()) return std::move(*refused);
  OrReply<UsageOwner> found = usage_owner(parts, call);
  if (auto* refused = std::get_if<HttpResponse>(&found)) return std::move(*refused);
  const auto& owner = std::get<UsageOwner>(found);
  if (!owner.client.empty()) {
    return api_error(403, "PERMISSION_DENIED", "What was paid is told to the user who is signed in, not to a key.");
  }
  const auto balance = parts.store().balance(owner.user.id);
  if (!balance) return store_refused(parts.admin, balance.error());
  const auto movements = parts.store().list_movements(owner.user.id, limit);
  if (!movements) return store_refused(parts.admin, movements.error());
  const auto sums = sums_of(parts, owner.user.id, "");
  if (!sums) return store_refused(parts.admin, sums.error());
  boost::json::array list;
  for (const MovementRecord& each : *movements) {
    list.push_back({{"kind", each.kind},
                    {"amount", format_dollars(each.amount_nano)},
                    {"note", each.note},
                    {"created_at", time_view(each.created_at_s)}});
  }
  return json_reply(200, {{"balance", format_dollars(*balance)},
                          {"billed_today", format_dollars(sums->day.billed_nano)},
                          {"billed_this_month", format_dollars(sums->month.billed_nano)},
                          {"movements", std::move(list)}});
}

HttpResponse verify_key(PeopleParts& parts, const PeopleCall& call) {
  if (auto refused = refuse_query(call)) return std::move(*refused);
  Secret key;
  if (call.request.method == "POST") {
    AdminBody body(call.request, {"key"});
    key = Secret(body.text("key", 1, 4096).value_or(""));
    if (auto refused = body.refusal()) return std::move(*refused);
  }
  if (key.empty()) key = Secret(std::string(presented_key(call.request)));
  if (key.empty()) return bad_argument("Send the key: POST {\"key\": \"…\"}, or as X-Api-Key or Authorization: Bearer.");
  if (auto refused = parts.throttle.spend("verify", throttled_address(call.request.remote_address), kVerifiedPerAddress)) {
    return std::move(*refused);
  }
  const auto owner = owner_of_key(parts, key.reveal(), call.request);
  if (!owner) return store_refused(parts.admin, owner.error());
  if (!*owner) return json_reply(200, {{"valid", false}});
  Result<boost::json::object> view = quota_view(parts, **owner);
  if (!view) return store_refused(parts.admin, view.error());
  (*view)["valid"] = true;
  return json_reply(200, *view);
}

}  // namespace moongate
