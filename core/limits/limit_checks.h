// From a demand to single questions, and from their answers to a decision: the same for both homes of the counters.
#pragma once

#include <array>
#include <cstdint>

#include "limits/limit_types.h"

namespace moongate {

// One limit of one level.
struct LimitCheck {
  std::uint8_t level = 0;  // index into Demand::levels
  LimitKind kind = LimitKind::kRequestsPerMinute;
  std::int64_t capacity = 0;
  std::int64_t amount = 0;       // to reserve
  std::int64_t known = 0;        // count at least this
  std::int64_t known_index = -1; // in this day or month; -1: always
  // The answer.
  bool fits = true;
  std::int64_t used = 0;         // before
  std::int64_t resets_at_ms = 0; // when it does not fit
};

struct LimitChecks {
  std::array<LimitCheck, kLimitLevels * kLimitKinds> all;
  std::size_t count = 0;
  LimitCheck* begin() { return all.data(); }
  LimitCheck* end() { return all.data() + count; }
  const LimitCheck* begin() const { return all.data(); }
  const LimitCheck* end() const { return all.data() + count; }
};

// `gateways`: 1, or among how many the capacities are shared while they cannot be counted together.
LimitChecks limit_checks_of(const Demand& demand, std::int64_t gateways);

// The decision from the answers, whose times are the wall clock's.
Decision decide(const Demand& demand, const LimitChecks& checks, std::int64_t now_ms);

// Whether it only tells what it would have refused. A balance is no limit that one tries out first.
inline bool is_shadowed(const Demand& demand, const LimitCheck& check) {
  return demand.levels[check.level].shadow && check.kind != LimitKind::kBalance;
}

inline bool is_per_minute(LimitKind kind) { return kind <= LimitKind::kOutputTokensPerMinute; }

}  // namespace moongate
