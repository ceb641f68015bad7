// Two gateways with a worker each over one real Redis, all in one loop.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "limit_bench.h"
#include "redis_server.h"
#include "worker_loop.h"

namespace moongate {

// A gateway with one worker; all gateways of a test run in one loop.
class Gateway {
 public:
  Gateway(WorkerLoop& loop, const Clock& clock, const std::string& url, const std::string& name, const Logger* log,
          int timeout_ms = 5000, LimiterOptions limits = quick())
      : loop_(loop), resolver_(clock, 1000, 1), book(clock) {
    CacheOptions options;
    options.timeout_ms = timeout_ms;
    factory_ = std::move(*open_cache(url, options, resolver_, log));
    cache = std::move(*factory_->make(loop.reactor));
    limits.gateway = name;
    limiter.emplace(loop.reactor, book, *cache, limits, log);
  }
  static LimiterOptions quick() {
    LimiterOptions options;
    options.own_clock = true;
    options.renew_ms = 100;
    return options;
  }
  ~Gateway() {
    if (limiter) close();
  }
  void close() {
    held.clear();
    struct Close {
      static Task<bool> run(Limiter& limiter) {
        co_await limiter.close();
        co_return true;
      }
    };
    loop_.run(Close::run(*limiter));
    limiter.reset();
  }
  // Allowed reservations go to `held`.
  Decision reserve(const Demand& demand) {
    Reservation reservation;
    Decision decision = loop_.run(limiter->reserve(demand, reservation));
    EXPECT_EQ(decision.allowed, reservation.held() || demand.level_count == 0);
    if (reservation.held()) held.push_back(std::move(reservation));
    return decision;
  }
  bool passes(const Demand& demand) { return reserve(demand).allowed; }
  void settle_first(const UsedAmounts& actual) {
    held.front().settle(actual);
    held.pop_front();
  }

 private:
  WorkerLoop& loop_;
  Resolver resolver_;
  std::unique_ptr<CacheFactory> factory_;

 public:
  LimitBook book;
  std::unique_ptr<Cache> cache;
  std::optional<Limiter> limiter;
  std::deque<Reservation> held;
};

class TwoGateways : public ::testing::Test {
 protected:
  void start() {
    ASSERT_EQ(server_.start(), "");
    LimiterOptions options = Gateway::quick();
    options.lease_ms = lease_ms_;
    options.renew_ms = renew_ms_;
    a_.emplace(loop_, clock_, server_.tcp_url(), "gw-a", &log_, 5000, options);
    b_.emplace(loop_, clock_, server_.unix_url(), "gw-b", &log_, 5000, options);
    ASSERT_TRUE(loop_.until([&] { return a_->book.gateways() == 2 && b_->book.gateways() == 2; }));
  }
  void TearDown() override {
    b_.reset();
    a_.reset();
  }
  // As many as one gateway sees passing, of `count` asked for at once on both in turn.
  int pass_of(int count, const Demand& demand) {
    std::deque<Reservation> reservations(static_cast<std::size_t>(count));
    std::deque<std::optional<Decision>> decisions(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      const auto n = static_cast<std::size_t>(i);
      Limiter& limiter = *(i % 2 == 0 ? a_ : b_)->limiter;
      spawn(WorkerLoop::keep(limiter.reserve(demand, reservations[n]), decisions[n]));
    }
    EXPECT_TRUE(loop_.until([&] {
      return std::all_of(decisions.begin(), decisions.end(), [](const auto& decision) { return decision.has_value(); });
    }));
    int passed = 0;
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      EXPECT_EQ(decisions[i]->allowed, reservations[i].held());
      EXPECT_FALSE(decisions[i]->share_only);
      passed += decisions[i]->allowed ? 1 : 0;
      if (reservations[i].held()) (i % 2 == 0 ? a_ : b_)->held.push_back(std::move(reservations[i]));
    }
    return passed;
  }
  // What was sent before has been done by Redis.
  void drain() {
    for (Gateway* gateway : {&*a_, &*b_}) (void)loop_.run(gateway->cache->get("nothing"));
  }

  // The loop's deadlines need a real clock; limits are told their own.
  SystemClock real_;
  ManualClock clock_{kNoon};
  MemorySink lines_;
  Logger log_{lines_, real_, LogLevel::kDebug};
  std::int64_t lease_ms_ = 30'000, renew_ms_ = 100;
  RedisServer server_;
  WorkerLoop loop_{real_};
  std::optional<Gateway> a_, b_;
};

inline LimitSet cost_day(NanoDollars n) {
  LimitSet limits;
  limits.cost_per_day = n;
  return limits;
}

}  // namespace moongate
