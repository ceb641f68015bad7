// Limits of several gateways over one real Redis.
#include <random>

#include "two_gateways.h"

namespace moongate {
namespace {

class LimiterTest : public TwoGateways {};

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
