// Short names for demands of one client, and the counters of a process under a clock that stands still.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "base/clock.h"
#include "limits/limit_book.h"
#include "limits/limiter.h"

namespace moongate {

// 2026-11-20T12:00:00Z
inline constexpr std::int64_t kNoon = 1'795'176'000;

inline LimitSet requests_limit(std::int64_t n) {
  LimitSet limits;
  limits.requests_per_minute = n;
  return limits;
}

struct OneClient {
  explicit OneClient(LimitSet limits, std::string client = "c-1") : id(std::move(client)) { level.limits = limits; }
  Demand demand(UsedAmounts expected = {}) {
    Demand all;
    level.id = level.name = id;
    all.add(level);
    all.expected = expected;
    return all;
  }
  std::string id;
  LevelDemand level;
};

// The book asked as a Limiter in process asks it.
class BookBench {
 public:
  explicit BookBench(const Clock& clock) : book(clock) {}

  struct Held {
    LimitHolds holds;
    LocalHold local;
    bool reserved = false;
    Decision decision;
  };
  Held reserve(const Demand& demand, std::int64_t gateways = 1) {
    Held held;
    LimitChecks checks = limit_checks_of(demand, gateways);
    held.holds = holds_of(demand, checks);
    std::int64_t now_ms = 0;
    held.reserved = book.reserve(demand, checks, held.holds, true, held.local, now_ms);
    held.decision = decide(demand, checks, now_ms);
    EXPECT_EQ(held.reserved, held.decision.allowed);
    return held;
  }
  bool passes(const Demand& demand) { return reserve(demand).reserved; }
  void settle(const Held& held, const UsedAmounts& actual = {}) { book.settle(held.holds, held.local, actual); }

  LimitBook book;
};

}  // namespace moongate
