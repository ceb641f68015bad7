// What is asked of the limits before a request is served, and what they answer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/money.h"
#include "config/terms.h"

namespace moongate {

enum class LimitKind : std::uint8_t {
  kRequestsPerMinute,
  kTokensPerMinute,
  kInputTokensPerMinute,
  kOutputTokensPerMinute,
  kTokensPerDay,
  kCostPerDay,
  kCostPerMonth,
  kConcurrent,
  kBalance,
};
inline constexpr std::size_t kLimitKinds = 9;
std::string_view to_string(LimitKind kind);  // "requests_per_minute", …, "balance"

enum class LimitLevel : std::uint8_t { kKey, kClient, kUser, kAccount };
inline constexpr std::size_t kLimitLevels = 4;
std::string_view to_string(LimitLevel level);  // "key", "client", "user", "account"

// Days and months (UTC) since January 1970.
std::int64_t utc_day(std::int64_t unix_ms);
std::int64_t utc_month(std::int64_t unix_ms);
std::int64_t utc_day_begin_ms(std::int64_t day);
std::int64_t utc_month_begin_ms(std::int64_t month);

// What the ledger knows to have been used already: counters never count less than that, so that a restart forgets
// nothing. Sums of another day or month than the current one are ignored; -1: not known.
struct KnownUse {
  std::int64_t day = -1, month = -1;
  std::int64_t tokens_of_day = 0;
  NanoDollars cost_of_day = 0, cost_of_month = 0;
  NanoDollars charged = 0;  // all charges ever, for the balance
};

// Whose limits are to hold. What is pointed to lives until the reservation has been made.
struct LevelDemand {
  LimitLevel level = LimitLevel::kClient;
  std::string_view id;    // stable; counters are kept by level and id
  std::string_view name;  // how the caller is told of it: "mg-Ab3d", "alice"
  LimitSet limits;
  bool shadow = false;    // counted, never refused; the balance is not meant
  bool prepaid = false;   // what is charged may not exceed `credited`, all movements above zero ever
  NanoDollars credited = 0;
  KnownUse known;
};

struct UsedAmounts {
  std::int64_t input_tokens = 0;  // cache reads do not count
  std::int64_t output_tokens = 0;
  NanoDollars cost = 0;           // as billed
};

// One request, with what it is expected to use. An expectation above a whole limit is taken for the whole limit: such a
// request is let through when nothing of the limit is used. (A balance takes it as it is.)
struct Demand {
  std::array<LevelDemand, kLimitLevels> levels;
  std::size_t level_count = 0;
  UsedAmounts expected;

  // At most kLimitLevels; a level without any limit is not needed.
  void add(const LevelDemand& level) {
    if (level_count < kLimitLevels && (level.prepaid || level.limits.any())) levels[level_count++] = level;
  }
};

// One limit as it stands. For kinds of money in nano-dollars.
struct LimitState {
  LimitLevel level = LimitLevel::kClient;
  LimitKind kind = LimitKind::kRequestsPerMinute;
  std::string name;
  std::int64_t capacity = 0;
  std::int64_t used = 0;         // before this request
  std::int64_t resets_at_ms = 0; // Unix; from then on this request would be accepted. 0: not by time alone
};

// The tightest limit of a sort, after this request. `limit` 0: there is none.
struct Quota {
  std::int64_t limit = 0, remaining = 0;
  std::int64_t resets_at_ms = 0;  // when all of it is free again if nobody asks
};

struct Decision {
  bool allowed = true;
  bool share_only = false;  // Redis is away: capacities are this gateway's share
  std::int64_t decided_at_ms = 0;
  // Of several limits the one that is free last. For those in shadow `would_refuse`, with allowed; whoever knows the
  // request logs it.
  std::optional<LimitState> refused, would_refuse;
  Quota requests, tokens, input_tokens, output_tokens;  // per minute

  // Whole seconds until the refusing limit resets, at least 1; -1: no time is known (a balance).
  int retry_after_seconds() const;
};

}  // namespace moongate
