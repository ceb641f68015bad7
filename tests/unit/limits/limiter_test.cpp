// Limits of several gateways over one real Redis, and of one that has lost it.
#include "limits/limiter.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "limit_bench.h"
#include "redis_server.h"
#include "worker_loop.h"

namespace moongate {
namespace {

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

class LimiterTest : public ::testing::Test {
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

LimitSet cost_day(NanoDollars n) {
  LimitSet limits;
  limits.cost_per_day = n;
  return limits;
}

TEST_F(LimiterTest, ExactlyFiftyOfTwoHundredPassOnTwoGatewaysWhateverIsLimited) {
  start();
  LimitSet tokens, input, output, day, month, concurrent;
  tokens.tokens_per_minute = 5000;
  input.input_tokens_per_minute = 3000;
  output.output_tokens_per_minute = 2000;
  day.tokens_per_day = 5000;
  month.cost_per_month = 50 * kNanosPerDollar;
  concurrent.concurrent = 50;
  int number = 0;
  for (const LimitSet& limits : {requests_limit(50), tokens, input, output, day, cost_day(50 * kNanosPerDollar), month, concurrent}) {
    OneClient client(limits, "c-" + std::to_string(++number));
    EXPECT_EQ(pass_of(200, client.demand({60, 40, kNanosPerDollar})), 50) << number;
  }
  OneClient prepaid(LimitSet{}, "prepaid");
  prepaid.level.prepaid = true;
  prepaid.level.credited = 70 * kNanosPerDollar;
  prepaid.level.known.charged = 20 * kNanosPerDollar;
  EXPECT_EQ(pass_of(200, prepaid.demand({60, 40, kNanosPerDollar})), 50);
}

TEST_F(LimiterTest, WhatEndsFreesWhatItDidNotUseForTheOtherGateway) {
  start();
  LimitSet limits;
  limits.concurrent = 1;
  limits.tokens_per_minute = 1000;
  limits.cost_per_day = 100;
  OneClient client(limits);
  ASSERT_TRUE(a_->passes(client.demand({500, 500, 100})));
  const Decision refused = b_->reserve(client.demand({1, 0, 1}));
  ASSERT_FALSE(refused.allowed);
  EXPECT_EQ(refused.refused->kind, LimitKind::kCostPerDay) << "the one that is free last";
  a_->settle_first({300, 100, 40});
  drain();
  EXPECT_FALSE(b_->passes(client.demand({601, 0, 1})));
  EXPECT_FALSE(b_->passes(client.demand({1, 0, 61})));
  EXPECT_TRUE(b_->passes(client.demand({600, 0, 60})));
  EXPECT_FALSE(a_->passes(client.demand({0, 0, 0}))) << "one at a time";
  b_->held.clear();  // never settled by anybody: nothing was used
  drain();
  EXPECT_TRUE(a_->passes(client.demand({600, 0, 60})));
}

TEST_F(LimiterTest, TheTimeToldIsTrueToTheMillisecond) {
  start();
  std::mt19937_64 random(3);
  OneClient client(requests_limit(7));
  const Demand demand = client.demand();
  for (int round = 0; round < 10; ++round) {
    Decision decision;
    while ((decision = a_->reserve(demand)).allowed) clock_.advance_ms(static_cast<std::int64_t>(random() % 4000));
    const std::int64_t wait = decision.refused->resets_at_ms - clock_.unix_ms();
    ASSERT_GT(wait, 0);
    clock_.advance_ms(wait - 1);
    ASSERT_FALSE(b_->passes(demand));
    clock_.advance_ms(1);
    ASSERT_TRUE(b_->passes(demand));
  }
}

TEST_F(LimiterTest, DaysAndMonthsEndAtMidnightUtc) {
  start();
  OneClient daily(cost_day(100), "daily");
  LimitSet limits;
  limits.cost_per_month = 100;
  OneClient monthly(limits, "monthly");
  ASSERT_TRUE(a_->passes(daily.demand({0, 0, 100})));
  ASSERT_TRUE(a_->passes(monthly.demand({0, 0, 100})));
  a_->settle_first({0, 0, 100});
  a_->settle_first({0, 0, 100});
  drain();
  EXPECT_EQ(b_->reserve(daily.demand({0, 0, 1})).refused->resets_at_ms, (kNoon + 12 * 3600) * 1000);
  EXPECT_EQ(b_->reserve(monthly.demand({0, 0, 1})).refused->resets_at_ms, 1796083200'000);
  clock_.advance_ms(12 * 3600 * 1000 - 1);
  EXPECT_FALSE(b_->passes(daily.demand({0, 0, 1})));
  clock_.advance_ms(1);
  EXPECT_TRUE(b_->passes(daily.demand({0, 0, 1})));
  clock_.advance_ms(1796083200'000 - clock_.unix_ms() - 1);
  EXPECT_FALSE(b_->passes(monthly.demand({0, 0, 1})));
  clock_.advance_ms(1);
  EXPECT_TRUE(b_->passes(monthly.demand({0, 0, 1})));
}

TEST_F(LimiterTest, AClockThatStepsBackOpensNoWindowAgain) {
  start();
  OneClient daily(cost_day(100), "daily");
  OneClient minute(requests_limit(1), "minute");
  clock_.advance_ms(12 * 3600 * 1000);
  ASSERT_TRUE(a_->passes(daily.demand({0, 0, 100})));
  ASSERT_TRUE(a_->passes(minute.demand()));
  a_->settle_first({0, 0, 100});
  drain();
  clock_.step_unix_ms(-30'000);
  EXPECT_FALSE(b_->passes(daily.demand({0, 0, 1})));
  EXPECT_FALSE(b_->passes(minute.demand()));
  clock_.step_unix_ms(-400LL * 86400 * 1000);
  EXPECT_FALSE(b_->passes(minute.demand()));
  const Decision far = b_->reserve(daily.demand({0, 0, 1}));
  ASSERT_FALSE(far.allowed);
  EXPECT_LE(far.refused->resets_at_ms - clock_.unix_ms(), 86'400'000);
  clock_.advance_ms(far.refused->resets_at_ms - clock_.unix_ms());
  EXPECT_TRUE(b_->passes(daily.demand({0, 0, 1})));
  clock_.advance_ms(60'000);
  EXPECT_TRUE(b_->passes(minute.demand()));
}

TEST_F(LimiterTest, SlotsAndReservationsOfACrashedGatewayRunOut) {
  renew_ms_ = 500;
  start();
  renew_ms_ = 1'000'000'000;
  LimiterOptions silent = Gateway::quick();
  silent.renew_ms = renew_ms_;  // as one that has died: it neither settles nor renews
  b_.emplace(loop_, clock_, server_.unix_url(), "gw-b", &log_, 5000, silent);
  ASSERT_TRUE(loop_.until([&] { return b_->book.gateways() == 2; }));
  LimitSet limits;
  limits.concurrent = 2;
  limits.cost_per_day = 100;
  limits.tokens_per_day = 100;
  limits.cost_per_month = 100;
  OneClient client(limits);
  ASSERT_TRUE(b_->passes(client.demand({60, 0, 60})));
  ASSERT_TRUE(b_->passes(client.demand({40, 0, 40})));
  EXPECT_FALSE(a_->passes(client.demand({0, 0, 0})));
  clock_.advance_ms(29'999);
  EXPECT_FALSE(a_->passes(client.demand({100, 0, 100})));
  clock_.advance_ms(1);
  EXPECT_TRUE(a_->passes(client.demand({100, 0, 100}))) << "slots and amounts are free";
  // It was not dead: what it used counts all the same.
  b_->settle_first({60, 0, 60});
  drain();
  a_->settle_first({0, 0, 0});
  drain();
  EXPECT_FALSE(a_->passes(client.demand({41, 0, 0})));
  EXPECT_FALSE(a_->passes(client.demand({0, 0, 41})));
  EXPECT_TRUE(a_->passes(client.demand({40, 0, 40})));
}

TEST_F(LimiterTest, ALongRequestKeepsItsSlotByRenewing) {
  start();
  LimitSet limits;
  limits.concurrent = 1;
  limits.cost_per_day = 100;
  OneClient client(limits);
  ASSERT_TRUE(a_->passes(client.demand({0, 0, 60})));
  for (int i = 0; i < 5; ++i) {
    clock_.advance_ms(20'000);
    const MonoMs until = real_.mono_ms() + 250;  // two renewals
    ASSERT_TRUE(loop_.until([&] { return real_.mono_ms() > until; }));
    const Decision refused = b_->reserve(client.demand({0, 0, 0}));
    ASSERT_FALSE(refused.allowed) << i;
    EXPECT_EQ(refused.refused->kind, LimitKind::kConcurrent);
  }
  a_->settle_first({0, 0, 60});
  drain();
  EXPECT_FALSE(b_->passes(client.demand({0, 0, 41})));
  EXPECT_TRUE(b_->passes(client.demand({0, 0, 40})));
}

TEST_F(LimiterTest, WhileRedisIsAwayEachGatewayEnforcesItsShareAndSaysSoOnce) {
  start();
  OneClient client(requests_limit(20));
  ASSERT_TRUE(a_->passes(client.demand()));
  server_.kill();
  ASSERT_TRUE(loop_.until([&] { return !a_->cache->available() && !b_->cache->available(); }));
  const MonoMs begin = real_.mono_ms();
  int on_a = 1, on_b = 0;
  for (int i = 0; i < 20; ++i) {
    Decision decision;
    Reservation reservation;
    ASSERT_TRUE(a_->limiter->try_reserve(client.demand(), decision, reservation)) << "at once";
    EXPECT_TRUE(decision.share_only);
    on_a += decision.allowed ? 1 : 0;
    on_b += b_->passes(client.demand()) ? 1 : 0;
  }
  EXPECT_LT(real_.mono_ms() - begin, 1000);
  EXPECT_EQ(on_a, 10) << "what it had let through before counts";
  EXPECT_EQ(on_b, 10);
  EXPECT_EQ(a_->limiter->counters().by_share.load(), 20U);
  const std::string told = "this gateway enforces its share";
  std::size_t times = 0;
  const std::string text = lines_.text();
  for (std::size_t at = text.find(told); at != text.npos; at = text.find(told, at + 1)) ++times;
  EXPECT_EQ(times, 2U) << "once a gateway";

  ASSERT_EQ(server_.start(), "");
  ASSERT_TRUE(loop_.until([&] { return !a_->limiter->counters().share_only && !b_->limiter->counters().share_only; }));
  EXPECT_FALSE(a_->reserve(client.demand()).share_only);
  EXPECT_NE(lines_.text().find("limits hold for all gateways together"), std::string::npos);
}

TEST_F(LimiterTest, WhatWasReservedBeforeRedisWentOrMeanwhileIsInRedisAfterwards) {
  start();
  LimitSet limits;
  limits.concurrent = 4;
  limits.cost_per_day = 1000;
  OneClient client(limits);
  ASSERT_TRUE(a_->passes(client.demand({0, 0, 100})));
  server_.kill();
  ASSERT_TRUE(loop_.until([&] { return !a_->cache->available() && !b_->cache->available(); }));
  ASSERT_TRUE(b_->passes(client.demand({0, 0, 200})));
  ASSERT_TRUE(b_->passes(client.demand({0, 0, 50})));
  b_->settle_first({0, 0, 150});  // ends while Redis is away
  ASSERT_EQ(server_.start(), "");
  ASSERT_TRUE(loop_.until([&] { return !a_->limiter->counters().share_only && !b_->limiter->counters().share_only; }));
  client.level.known = {utc_day(clock_.unix_ms()), utc_month(clock_.unix_ms()), 0, 0, 0, 0};
  ASSERT_TRUE(a_->passes(client.demand({0, 0, 0})));  // makes the day's window, which Redis had lost
  const MonoMs until = real_.mono_ms() + 400;
  ASSERT_TRUE(loop_.until([&] { return real_.mono_ms() > until; }));
  EXPECT_TRUE(a_->passes(client.demand({0, 0, 0})));
  const Decision refused = a_->reserve(client.demand({0, 0, 0}));
  ASSERT_FALSE(refused.allowed);
  EXPECT_EQ(refused.refused->kind, LimitKind::kConcurrent);
  EXPECT_EQ(refused.refused->used, 4);
}

TEST_F(LimiterTest, ARedisThatDoesNotAnswerCostsItsTimeoutOnce) {
  ASSERT_EQ(server_.start(), "");
  a_.emplace(loop_, clock_, server_.tcp_url(), "gw-a", &log_, 100);
  b_.emplace(loop_, clock_, server_.tcp_url(), "gw-b", &log_);
  ASSERT_TRUE(loop_.until([&] { return a_->book.gateways() == 2 && b_->book.gateways() == 2; }));
  OneClient client(requests_limit(10));
  ASSERT_TRUE(a_->passes(client.demand()));
  const CacheScript busy("local t = redis.call('TIME') local till = t[1] * 1000 + t[2] / 1000 + 600 "
                         "repeat t = redis.call('TIME') until t[1] * 1000 + t[2] / 1000 > till return 1");
  std::optional<Result<std::vector<std::int64_t>>> done;
  spawn(WorkerLoop::keep(b_->cache->eval(busy, {}, {}), done));
  for (int i = 0; i < 3; ++i) loop_.reactor.turn(5);
  const MonoMs begin = real_.mono_ms();
  EXPECT_TRUE(a_->reserve(client.demand()).share_only);
  EXPECT_LT(real_.mono_ms() - begin, 400);
  const MonoMs second = real_.mono_ms();
  EXPECT_TRUE(a_->reserve(client.demand()).share_only);
  EXPECT_LT(real_.mono_ms() - second, 50);
  ASSERT_TRUE(loop_.until([&] { return done.has_value() && a_->cache->available(); }));
}

TEST_F(LimiterTest, ARedisThatForgotEverythingIsToldWhatTheLedgerKnows) {
  start();
  OneClient client(cost_day(100));
  client.level.known = {utc_day(clock_.unix_ms()), utc_month(clock_.unix_ms()), 0, 90, 90, 90};
  EXPECT_FALSE(a_->passes(client.demand({0, 0, 11})));
  EXPECT_TRUE(a_->passes(client.demand({0, 0, 10})));
}

TEST_F(LimiterTest, AmountsBeyondWhatALuaNumberHoldsAreCountedExactly) {
  start();
  const NanoDollars large = 9'100'000'000'000'001;  // more than 2^53
  OneClient client(cost_day(1'000'000'000 * kNanosPerDollar / 10));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(a_->passes(client.demand({0, 0, large})));
    a_->settle_first({0, 0, large});
  }
  drain();
  struct Read {
    static Task<Result<std::vector<std::int64_t>>> run(Cache& cache, const CacheScript& script, std::string key) {
      const std::string_view keys[] = {key};
      co_return co_await cache.eval(script, keys, {});
    }
  };
  const CacheScript script("return {redis.call('HGET', KEYS[1], 'Dv')}");
  const auto value = loop_.run(Read::run(*a_->cache, script, "limit:client:c-1"));
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->at(0), 3 * large);
}

TEST_F(LimiterTest, BothHomesDecideAlikeOverRandomSequences) {
  lease_ms_ = 10'000'000'000;  // the clock goes faster than leases are renewed
  start();
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    std::mt19937_64 random(seed);
    BookBench bench(clock_);
    LimitSet limits = requests_limit(1 + static_cast<std::int64_t>(random() % 20));
    limits.tokens_per_minute = 1000;
    limits.tokens_per_day = 20'000;
    limits.cost_per_day = 2000;
    limits.cost_per_month = 5000;
    limits.concurrent = 1 + static_cast<int>(random() % 6);
    OneClient client(limits, "random-" + std::to_string(seed));
    client.level.prepaid = true;
    client.level.credited = 9000;
    std::deque<BookBench::Held> running;
    for (int step = 0; step < 400; ++step) {
      clock_.advance_ms(static_cast<std::int64_t>(random() % 4 == 0 ? random() % 20'000 : random() % 300));
      if (random() % 100 == 0) clock_.advance_ms(20'000'000);
      if (random() % 3 == 0 && !running.empty()) {
        const UsedAmounts actual{static_cast<std::int64_t>(random() % 200), 0, static_cast<std::int64_t>(random() % 200)};
        bench.settle(running.front(), actual);
        running.pop_front();
        a_->settle_first(actual);
        continue;
      }
      const Demand demand = client.demand({static_cast<std::int64_t>(random() % 150), 0, static_cast<std::int64_t>(random() % 150)});
      const auto here = bench.reserve(demand);
      const Decision there = a_->reserve(demand);
      ASSERT_EQ(there.allowed, here.reserved) << "seed " << seed << " step " << step << " here "
          << (here.decision.refused ? to_string(here.decision.refused->kind) : "-") << " there "
          << (there.refused ? to_string(there.refused->kind) : "-");
      if (here.reserved) {
        running.push_back(here);
        EXPECT_EQ(there.requests.remaining, here.decision.requests.remaining);
        EXPECT_EQ(there.tokens.remaining, here.decision.tokens.remaining);
      } else {
        EXPECT_EQ(there.refused->kind, here.decision.refused->kind);
        EXPECT_EQ(there.refused->used, here.decision.refused->used);
        EXPECT_EQ(there.refused->resets_at_ms, here.decision.refused->resets_at_ms);
      }
    }
    a_->held.clear();
    drain();
  }
}

TEST_F(LimiterTest, CustomLimitsHoldForAllGatewaysTogether) {
  start();
  const CustomLimit limit{60, 60'000, 10};
  int passed = 0;
  for (int i = 0; i < 20; ++i) {
    const auto answer = loop_.run((i % 2 == 0 ? a_ : b_)->limiter->take("team", limit, 1, true));
    ASSERT_TRUE(answer.ok());
    passed += answer->allowed ? 1 : 0;
    if (i < 10) EXPECT_EQ(answer->remaining, 9 - i);
    if (i >= 10) EXPECT_EQ(answer->resets_at_ms, clock_.unix_ms() + 1000);
  }
  EXPECT_EQ(passed, 10);
  clock_.advance_ms(999);
  EXPECT_FALSE(loop_.run(a_->limiter->take("team", limit, 1, false))->allowed);
  clock_.advance_ms(1);
  EXPECT_TRUE(loop_.run(b_->limiter->take("team", limit, 1, false))->allowed);
  EXPECT_TRUE(loop_.run(a_->limiter->take("team", limit, 1, true))->allowed);
  EXPECT_FALSE(loop_.run(b_->limiter->take("team", limit, 1, true))->allowed);
  EXPECT_EQ(loop_.run(a_->limiter->take("team", {0, 1, 0}, 1, true)).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(loop_.run(a_->limiter->take("", limit, 1, true)).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(loop_.run(a_->limiter->take("team", limit, -1, true)).error().kind, ErrorKind::kInvalid);
}

TEST_F(LimiterTest, WithoutRedisEverythingIsAnsweredAtOnce) {
  Gateway gateway(loop_, clock_, "memory://", "gw", &log_);
  OneClient client(requests_limit(2));
  for (const bool expected : {true, true, false}) {
    Decision decision;
    Reservation reservation;
    ASSERT_TRUE(gateway.limiter->try_reserve(client.demand(), decision, reservation));
    EXPECT_EQ(decision.allowed, expected);
    EXPECT_FALSE(decision.share_only);
  }
  Decision decision;
  Reservation reservation;
  ASSERT_TRUE(gateway.limiter->try_reserve(Demand(), decision, reservation));
  EXPECT_TRUE(decision.allowed);
  EXPECT_FALSE(reservation.held());
  EXPECT_EQ(gateway.limiter->counters().refused.load(), 1U);
}

TEST_F(LimiterTest, AReservationIsSettledOnceHoweverItEnds) {
  Gateway gateway(loop_, clock_, "memory://", "gw", &log_);
  LimitSet limits;
  limits.concurrent = 1;
  limits.cost_per_day = 100;
  OneClient client(limits);
  Decision decision;
  Reservation first, second;
  ASSERT_TRUE(gateway.limiter->try_reserve(client.demand({0, 0, 50}), decision, first));
  first.settle({0, 0, 30});
  first.settle({0, 0, 30});
  EXPECT_FALSE(first.held());
  ASSERT_TRUE(gateway.limiter->try_reserve(client.demand({0, 0, 70}), decision, second));
  ASSERT_TRUE(decision.allowed);
  first = std::move(second);
  ASSERT_TRUE(gateway.limiter->try_reserve(client.demand({0, 0, 0}), decision, second));
  EXPECT_FALSE(decision.allowed);
  first = Reservation();
  ASSERT_TRUE(gateway.limiter->try_reserve(client.demand({0, 0, 70}), decision, second));
  EXPECT_TRUE(decision.allowed);
}

}  // namespace
}  // namespace moongate
