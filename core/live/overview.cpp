// /api/admin/overview: figures of now, from this process; series of it for an hour, of all gateways for longer.
#include <boost/json/array.hpp>

#include "base/money.h"
#include "control/admin_input.h"
#include "live/live_service.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86400;
constexpr std::int64_t kCostMs = 5'000;
constexpr std::int64_t kAwayMs = 30'000;  // a store that did not answer is left in peace

json::value latency(const MetricTotals& sums, double part) {
  const auto ms = quantile_ms(sums, part);
  return ms ? json::value(*ms) : json::value();
}

struct Range {
  std::string_view name;
  std::int64_t seconds;
  std::int64_t step;
};
constexpr Range kRanges[] = {{"1h", kHour, kMinute}, {"24h", kDay, kHour}, {"7d", 7 * kDay, kHour}, {"30d", 30 * kDay, kDay}};

}  // namespace

// Summed over all gateways, as far as their ledgers have come. Asked of the store seldom.
std::optional<NanoDollars> LiveService::cost_today() {
  const std::scoped_lock lock(mutex_);
  const std::int64_t now_ms = parts_.clock.mono_ms();
  if (now_ms < cost_due_ms_) return cost_today_;
  const std::int64_t now_s = parts_.clock.unix_seconds();
  UsageQuery query;
  query.bucket = UsageBucket::kDay;
  query.from_s = now_s - now_s % kDay;
  query.to_s = query.from_s + kDay;
  const auto sums = parts_.store.sum_usage(query);
  cost_due_ms_ = parts_.clock.mono_ms() + (sums ? kCostMs : kAwayMs);
  if (!sums) return cost_today_ = std::nullopt;
  return cost_today_ = sums->empty() ? 0 : sums->front().cost_nano;
}

json::object LiveService::now_figures() {
  const MetricTotals minute = parts_.hub.series().last_minute();
  const auto cost = cost_today();
  return {{"requests_per_minute", minute.requests},
          {"running", parts_.running()},
          {"errors_per_minute", minute.errors},
          {"p50_ms", latency(minute, 0.5)},
          {"p95_ms", latency(minute, 0.95)},
          {"tokens_per_minute", minute.input_tokens + minute.output_tokens},
          {"cost_today", cost ? json::value(format_dollars(*cost)) : json::value()}};
}

json::array LiveService::minute_points(std::int64_t from_s) const {
  json::array points;
  const std::int64_t now_s = parts_.clock.unix_seconds();
  const auto minutes = parts_.hub.series().minutes(from_s, now_s + kMinute);
  auto next = minutes.begin();
  for (std::int64_t t = from_s; t <= now_s; t += kMinute) {
    MinuteSeries::Minute empty;
    const bool there = next != minutes.end() && next->start_s == t;
    const MinuteSeries::Minute& minute = there ? *next++ : empty;
    points.push_back({{"t", rfc3339(t)},
                      {"requests", minute.sums.requests},
                      {"errors", minute.sums.errors},
                      {"input_tokens", minute.sums.input_tokens},
                      {"output_tokens", minute.sums.output_tokens},
                      {"cost", parts_.hub.keeps_requests() ? json::value(format_dollars(minute.cost_nano)) : json::value()},
                      {"p50_ms", latency(minute.sums, 0.5)},
                      {"p95_ms", latency(minute.sums, 0.95)}});
  }
  return points;
}

// Latencies are this gateway's, of as long as it remembers.
OrReply<json::array> LiveService::rollup_points(std::int64_t from_s, UsageBucket bucket) const {
  const std::int64_t step = bucket == UsageBucket::kHour ? kHour : kDay;
  const std::int64_t now_s = parts_.clock.unix_seconds();
  UsageQuery query;
  query.bucket = bucket;
  query.from_s = from_s;
  query.to_s = now_s - now_s % step + step;
  query.by_bucket = true;
  const auto sums = parts_.store.sum_usage(query);
  if (!sums) return store_away(sums.error());
  const auto minutes = parts_.hub.series().minutes(from_s, query.to_s);
  json::array points;
  auto next = sums->begin();
  auto minute = minutes.begin();
  for (std::int64_t t = from_s; t < query.to_s; t += step) {
    const UsageRollup row = next != sums->end() && next->bucket_start_s == t ? *next++ : UsageRollup();
    MetricTotals latencies;
    for (; minute != minutes.end() && minute->start_s < t + step; ++minute) latencies.add(minute->sums);
    points.push_back({{"t", rfc3339(t)},
                      {"requests", row.requests},
                      {"errors", row.failures},
                      {"input_tokens", row.input_tokens + row.cache_write_tokens + row.cache_read_tokens},
                      {"output_tokens", row.output_tokens},
                      {"cost", format_dollars(row.cost_nano)},
                      {"p50_ms", latency(latencies, 0.5)},
                      {"p95_ms", latency(latencies, 0.95)}});
  }
  return points;
}

HttpResponse LiveService::show_overview(const Call& call) {
  AdminQuery input(call.request, {"range"});
  const std::string name = input.choice("range", {"1h", "24h", "7d", "30d"});
  if (auto refused = input.refusal()) return std::move(*refused);
  const Range& range = *std::find_if(std::begin(kRanges), std::end(kRanges), [&](const Range& each) { return each.name == name; });
  const std::int64_t now_s = parts_.clock.unix_seconds();
  const std::int64_t from_s = now_s - now_s % range.step - range.seconds + range.step;
  json::array series;
  if (range.step == kMinute) {
    series = minute_points(from_s);
  } else {
    OrReply<json::array> points = rollup_points(from_s, range.step == kHour ? UsageBucket::kHour : UsageBucket::kDay);
    if (auto* refused = std::get_if<HttpResponse>(&points)) return std::move(*refused);
    series = std::move(std::get<json::array>(points));
  }
  json::object health = parts_.health();
  json::object view;
  view["now"] = now_figures();
  view["now_of"] = "this gateway";
  view["range"] = range.name;
  view["step_seconds"] = range.step;
  view["series_of"] = range.step == kMinute ? "this gateway" : "all gateways";
  view["series"] = std::move(series);
  view["accounts"] = health.contains("accounts") ? std::move(health["accounts"]) : json::value(json::array());
  return json_reply(200, view);
}

}  // namespace moongate
