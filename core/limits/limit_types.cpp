#include "limits/limit_types.h"

#include <algorithm>
#include <chrono>

namespace moongate {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::string_view to_string(LimitKind kind) {
  constexpr std::string_view kNames[kLimitKinds] = {
      "requests_per_minute", "tokens_per_minute", "input_tokens_per_minute", "output_tokens_per_minute",
      "tokens_per_day",      "cost_per_day",      "cost_per_month",          "concurrent",
      "balance"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(LimitLevel level) {
  constexpr std::string_view kNames[kLimitLevels] = {"key", "client", "user", "account"};
  return kNames[static_cast<std::size_t>(level)];
}

std::int64_t utc_day(std::int64_t unix_ms) { return floor_div(unix_ms, kDayMs); }

std::int64_t utc_month(std::int64_t unix_ms) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(utc_day(unix_ms)))};
  return (static_cast<int>(date.year()) - 1970) * 12LL + static_cast<unsigned>(date.month()) - 1;
}

std::int64_t utc_day_begin_ms(std::int64_t day) { return day * kDayMs; }

std::int64_t utc_month_begin_ms(std::int64_t month) {
  const std::int64_t years = floor_div(month, 12);
  const std::chrono::year_month_day first{std::chrono::year(static_cast<int>(1970 + years)),
                                          std::chrono::month(static_cast<unsigned>(month - years * 12 + 1)),
                                          std::chrono::day(1)};
  return std::chrono::sys_days(first).time_since_epoch().count() * kDayMs;
}

int Decision::retry_after_seconds() const {
  if (!refused) return -1;
  if (refused->kind == LimitKind::kBalance) return -1;
  const std::int64_t ms = refused->resets_at_ms - decided_at_ms;
  return static_cast<int>(std::clamp<std::int64_t>((ms + 999) / 1000, 1, 40LL * 86400));
}

}  // namespace moongate
