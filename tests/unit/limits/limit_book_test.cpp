#include "limits/limit_book.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <thread>

#include "limit_bench.h"

namespace moongate {
namespace {

class LimitBookTest : public ::testing::Test {
 protected:
  ManualClock clock_{kNoon};
  BookBench bench_{clock_};
};

LimitSet with(std::int64_t LimitSet::*member, std::int64_t value) {
  LimitSet limits;
  limits.*member = value;
  return limits;
}

TEST_F(LimitBookTest, ExactlySoManyOfManyThreadsPassWhateverIsLimited) {
  LimitSet concurrent;
  concurrent.concurrent = 50;
  const std::pair<LimitSet, UsedAmounts> cases[] = {
      {with(&LimitSet::requests_per_minute, 50), {}},
      {with(&LimitSet::tokens_per_minute, 5000), {60, 40, 0}},
      {with(&LimitSet::input_tokens_per_minute, 3000), {60, 40, 0}},
      {with(&LimitSet::output_tokens_per_minute, 2000), {60, 40, 0}},
      {with(&LimitSet::tokens_per_day, 5000), {60, 40, 0}},
      {with(&LimitSet::cost_per_day, 50 * kNanosPerDollar), {0, 0, kNanosPerDollar}},
      {with(&LimitSet::cost_per_month, 50 * kNanosPerDollar), {0, 0, kNanosPerDollar}},
      {concurrent, {}},
  };
  int number = 0;
  for (const auto& each : cases) {
    const std::string id = "c-" + std::to_string(++number);
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        OneClient mine(each.first, id);
        const Demand demand = mine.demand(each.second);
        for (int i = 0; i < 25; ++i) passed += bench_.passes(demand) ? 1 : 0;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(passed, 50) << number;
  }
}

TEST_F(LimitBookTest, TheTimeToldIsTrueToTheMillisecond) {
  std::mt19937_64 random(7);
  OneClient client(requests_limit(60));
  const Demand demand = client.demand();
  for (int round = 0; round < 50; ++round) {
    BookBench::Held held;
    while ((held = bench_.reserve(demand)).reserved) clock_.advance_ms(static_cast<std::int64_t>(random() % 700));
    ASSERT_TRUE(held.decision.refused);
    const std::int64_t wait = held.decision.refused->resets_at_ms - clock_.unix_ms();
    ASSERT_GT(wait, 0);
    ASSERT_LE(wait, 60'000);
    EXPECT_EQ(held.decision.retry_after_seconds(), (wait + 999) / 1000);
    clock_.advance_ms(wait - 1);
    ASSERT_FALSE(bench_.passes(demand));
    clock_.advance_ms(1);
    ASSERT_TRUE(bench_.passes(demand));
  }
}

TEST_F(LimitBookTest, TheTimeToldIsTrueForTokensAsWell) {
  OneClient client(with(&LimitSet::tokens_per_minute, 1000));
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(bench_.passes(client.demand({100, 0, 0})));
    clock_.advance_ms(1500);
  }
  const Demand large = client.demand({250, 0, 0});
  const auto held = bench_.reserve(large);
  ASSERT_FALSE(held.reserved);
  EXPECT_EQ(held.decision.refused->used, 1000);
  clock_.advance_ms(held.decision.refused->resets_at_ms - clock_.unix_ms() - 1);
  EXPECT_FALSE(bench_.passes(large));
  clock_.advance_ms(1);
  EXPECT_TRUE(bench_.passes(large));
}

TEST_F(LimitBookTest, ASteadyCallerAtTheLimitIsNeverRefused) {
  OneClient client(requests_limit(60));
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(bench_.passes(client.demand())) << i;
    clock_.advance_ms(1000);
  }
}

TEST_F(LimitBookTest, SettlingFreesWhatWasNotUsedAndOnlyThat) {
  OneClient client(with(&LimitSet::tokens_per_minute, 1000));
  const auto first = bench_.reserve(client.demand({500, 500, 0}));
  EXPECT_TRUE(first.reserved);
  EXPECT_FALSE(bench_.passes(client.demand({1, 0, 0})));
  clock_.advance_ms(10'000);
  bench_.settle(first, {300, 100, 0});
  EXPECT_FALSE(bench_.passes(client.demand({601, 0, 0})));
  EXPECT_TRUE(bench_.passes(client.demand({600, 0, 0})));
  clock_.advance_ms(50'000);  // what is left of the first is a minute old
  EXPECT_TRUE(bench_.passes(client.demand({400, 0, 0})));
  EXPECT_FALSE(bench_.passes(client.demand({1, 0, 0})));
}

TEST_F(LimitBookTest, SettlingAfterTheWindowChangesNothingOfTheNextOne) {
  OneClient client(with(&LimitSet::tokens_per_minute, 1000));
  const auto long_one = bench_.reserve(client.demand({1000, 0, 0}));
  clock_.advance_ms(61'000);
  ASSERT_TRUE(bench_.passes(client.demand({1000, 0, 0})));
  bench_.settle(long_one, {0, 0, 0});
  EXPECT_FALSE(bench_.passes(client.demand({1, 0, 0})));
  OneClient daily(with(&LimitSet::cost_per_day, 100));
  const auto yesterday = bench_.reserve(daily.demand({0, 0, 100}));
  clock_.advance_ms(12 * 3600 * 1000);
  ASSERT_TRUE(bench_.passes(daily.demand({0, 0, 100})));
  bench_.settle(yesterday, {0, 0, 1});
  EXPECT_FALSE(bench_.passes(daily.demand({0, 0, 1})));
}

TEST_F(LimitBookTest, WhatWasUsedBeyondTheReservationCounts) {
  OneClient client(with(&LimitSet::cost_per_day, 100));
  const auto held = bench_.reserve(client.demand({0, 0, 10}));
  bench_.settle(held, {0, 0, 99});
  EXPECT_FALSE(bench_.passes(client.demand({0, 0, 2})));
  EXPECT_TRUE(bench_.passes(client.demand({0, 0, 1})));
}

TEST_F(LimitBookTest, DaysAndMonthsAreThoseOfTheUtcCalendar) {
  OneClient daily(with(&LimitSet::cost_per_day, 100), "daily");
  OneClient monthly(with(&LimitSet::cost_per_month, 100), "monthly");
  ASSERT_TRUE(bench_.passes(daily.demand({0, 0, 100})));
  ASSERT_TRUE(bench_.passes(monthly.demand({0, 0, 100})));
  const auto day = bench_.reserve(daily.demand({0, 0, 1}));
  const auto month = bench_.reserve(monthly.demand({0, 0, 1}));
  ASSERT_TRUE(day.decision.refused && month.decision.refused);
  EXPECT_EQ(day.decision.refused->resets_at_ms, (kNoon + 12 * 3600) * 1000);
  EXPECT_EQ(month.decision.refused->resets_at_ms, 1796083200'000);  // 2026-12-01T00:00:00Z
  clock_.advance_ms(12 * 3600 * 1000 - 1);
  EXPECT_FALSE(bench_.passes(daily.demand({0, 0, 1})));
  clock_.advance_ms(1);
  EXPECT_TRUE(bench_.passes(daily.demand({0, 0, 1})));
  EXPECT_FALSE(bench_.passes(monthly.demand({0, 0, 1})));
  clock_.advance_ms(1796083200'000 - clock_.unix_ms());
  EXPECT_TRUE(bench_.passes(monthly.demand({0, 0, 1})));
}

TEST_F(LimitBookTest, AClockThatStepsBackOpensNoWindowAgain) {
  OneClient daily(with(&LimitSet::cost_per_day, 100), "daily");
  OneClient minute(requests_limit(1), "minute");
  clock_.advance_ms(12 * 3600 * 1000);  // midnight
  ASSERT_TRUE(bench_.passes(daily.demand({0, 0, 100})));
  ASSERT_TRUE(bench_.passes(minute.demand()));
  clock_.step_unix_ms(-60'000);  // yesterday again
  EXPECT_FALSE(bench_.passes(daily.demand({0, 0, 1})));
  const auto refused = bench_.reserve(minute.demand());
  ASSERT_FALSE(refused.reserved);
  EXPECT_EQ(refused.decision.refused->resets_at_ms - clock_.unix_ms(), 60'000);
  clock_.advance_ms(60'000);  // midnight again: the same day goes on
  EXPECT_FALSE(bench_.passes(daily.demand({0, 0, 1})));
  EXPECT_TRUE(bench_.passes(minute.demand()));
  clock_.step_unix_ms(-400LL * 86400 * 1000);  // far back: the count stays, the end is that of the clock's day
  const auto far = bench_.reserve(daily.demand({0, 0, 1}));
  ASSERT_FALSE(far.reserved);
  EXPECT_LE(far.decision.refused->resets_at_ms - clock_.unix_ms(), 86'400'000);
  clock_.advance_ms(far.decision.refused->resets_at_ms - clock_.unix_ms());
  EXPECT_TRUE(bench_.passes(daily.demand({0, 0, 1})));
}

TEST_F(LimitBookTest, AllLevelsOrNone) {
  LevelDemand key, user;
  key.level = LimitLevel::kKey;
  key.id = key.name = "k";
  key.limits = requests_limit(5);
  user.level = LimitLevel::kUser;
  user.id = user.name = "k";  // the same id on another level is another counter
  user.limits = requests_limit(3);
  Demand both;
  both.add(key);
  both.add(user);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bench_.passes(both));
  const auto refused = bench_.reserve(both);
  ASSERT_TRUE(refused.decision.refused);
  EXPECT_EQ(refused.decision.refused->level, LimitLevel::kUser);
  EXPECT_EQ(refused.decision.refused->capacity, 3);
  EXPECT_EQ(refused.decision.refused->used, 3);
  Demand alone;
  alone.add(key);
  EXPECT_TRUE(bench_.passes(alone));
  EXPECT_TRUE(bench_.passes(alone)) << "the refused request has left nothing on the key";
  EXPECT_FALSE(bench_.passes(alone));
}

TEST_F(LimitBookTest, OfSeveralLimitsTheOneThatIsFreeLastIsNamed) {
  LimitSet limits = requests_limit(1);
  limits.cost_per_day = 100;
  limits.tokens_per_minute = 10;
  OneClient client(limits);
  ASSERT_TRUE(bench_.passes(client.demand({10, 0, 100})));
  clock_.advance_ms(5000);
  auto refused = bench_.reserve(client.demand({10, 0, 100})).decision.refused;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, LimitKind::kCostPerDay);
  clock_.advance_ms(refused->resets_at_ms - clock_.unix_ms());
  EXPECT_TRUE(bench_.passes(client.demand({10, 0, 100})));
}

TEST_F(LimitBookTest, ShadowCountsAndToldWhatItWouldHaveDone) {
  OneClient client(requests_limit(1));
  client.level.shadow = true;
  EXPECT_FALSE(bench_.reserve(client.demand()).decision.would_refuse);
  const auto second = bench_.reserve(client.demand());
  EXPECT_TRUE(second.reserved);
  ASSERT_TRUE(second.decision.would_refuse);
  EXPECT_EQ(second.decision.would_refuse->kind, LimitKind::kRequestsPerMinute);
  EXPECT_EQ(second.decision.would_refuse->used, 1);
  EXPECT_EQ(second.decision.requests.limit, 0) << "no promise is made of it";
}

TEST_F(LimitBookTest, ABalanceIsALimitWithoutAReset) {
  OneClient client(LimitSet{});
  client.level.level = LimitLevel::kUser;
  client.level.prepaid = true;
  client.level.credited = 100;
  client.level.known.charged = 40;
  const auto held = bench_.reserve(client.demand({0, 0, 60}));
  ASSERT_TRUE(held.reserved);
  const auto refused = bench_.reserve(client.demand({0, 0, 0}));
  ASSERT_FALSE(refused.reserved) << "nothing is left, even for what costs nothing";
  EXPECT_EQ(refused.decision.refused->kind, LimitKind::kBalance);
  EXPECT_EQ(refused.decision.refused->resets_at_ms, 0);
  EXPECT_EQ(refused.decision.retry_after_seconds(), -1);
  bench_.settle(held, {0, 0, 25});
  client.level.known.charged = 10;  // the ledger may lag behind
  EXPECT_FALSE(bench_.passes(client.demand({0, 0, 36})));
  EXPECT_TRUE(bench_.passes(client.demand({0, 0, 35})));
  client.level.shadow = true;
  EXPECT_FALSE(bench_.passes(client.demand({0, 0, 100}))) << "money is not tried out";
  client.level.credited = 200;
  EXPECT_TRUE(bench_.passes(client.demand({0, 0, 100})));
}

TEST_F(LimitBookTest, WhatTheLedgerKnowsCountsAfterARestart) {
  LimitSet limits;
  limits.cost_per_day = 100;
  limits.tokens_per_day = 1000;
  limits.cost_per_month = 500;
  OneClient client(limits);
  client.level.known = {utc_day(clock_.unix_ms()), utc_month(clock_.unix_ms()), 900, 70, 450, 0};
  EXPECT_FALSE(bench_.passes(client.demand({101, 0, 0})));
  EXPECT_FALSE(bench_.passes(client.demand({0, 0, 31})));
  EXPECT_TRUE(bench_.passes(client.demand({100, 0, 30})));
  clock_.advance_ms(86'400'000);  // what is known of yesterday is not today's, the month's sum still holds
  EXPECT_TRUE(bench_.passes(client.demand({1000, 0, 20})));
  EXPECT_FALSE(bench_.passes(client.demand({0, 0, 1})));
}

TEST_F(LimitBookTest, ARequestLargerThanTheWholeLimitPassesAloneOnly) {
  OneClient client(with(&LimitSet::tokens_per_minute, 1000));
  const auto large = bench_.reserve(client.demand({0, 64'000, 0}));
  EXPECT_TRUE(large.reserved);
  EXPECT_FALSE(bench_.passes(client.demand({1, 0, 0})));
  bench_.settle(large, {0, 100, 0});
  EXPECT_FALSE(bench_.passes(client.demand({0, 64'000, 0})));
  EXPECT_TRUE(bench_.passes(client.demand({900, 0, 0})));
}

TEST_F(LimitBookTest, TheQuotaIsThatOfTheTightestLevelAfterThisRequest) {
  LevelDemand key, user;
  key.level = LimitLevel::kKey;
  key.id = "k";
  key.limits = requests_limit(10);
  key.limits.tokens_per_minute = 100;
  user.level = LimitLevel::kUser;
  user.id = "u";
  user.limits = requests_limit(3);
  Demand both;
  both.add(key);
  both.add(user);
  both.expected = {30, 0, 0};
  bench_.passes(both);
  const Decision second = bench_.reserve(both).decision;
  EXPECT_EQ(second.requests.limit, 3);
  EXPECT_EQ(second.requests.remaining, 1);
  EXPECT_EQ(second.requests.resets_at_ms, clock_.unix_ms() + 60'000);
  EXPECT_EQ(second.tokens.limit, 100);
  EXPECT_EQ(second.tokens.remaining, 40);
  EXPECT_EQ(second.output_tokens.limit, 0);
}

TEST_F(LimitBookTest, AShareIsAPartOfEachLimitAndAtLeastOne) {
  OneClient client(requests_limit(10), "a");
  int passed = 0;
  for (int i = 0; i < 10; ++i) passed += bench_.reserve(client.demand(), 3).reserved ? 1 : 0;
  EXPECT_EQ(passed, 3);
  OneClient small(requests_limit(1), "b");
  EXPECT_TRUE(bench_.reserve(small.demand(), 3).reserved);
  EXPECT_FALSE(bench_.reserve(small.demand(), 3).reserved);
  OneClient prepaid(LimitSet{}, "c");
  prepaid.level.prepaid = true;
  prepaid.level.credited = 100;
  EXPECT_FALSE(bench_.reserve(prepaid.demand({0, 0, 51}), 2).reserved) << "the other gateway may do the same";
  EXPECT_TRUE(bench_.reserve(prepaid.demand({0, 0, 50}), 2).reserved);
}

TEST_F(LimitBookTest, WhatIsIdleIsDropped) {
  for (int i = 0; i < 5000; ++i) {
    OneClient client(requests_limit(5), "c-" + std::to_string(i));
    const auto held = bench_.reserve(client.demand());
    bench_.settle(held);
  }
  EXPECT_EQ(bench_.book.entries(), 5000U);
  clock_.advance_ms(61'000);
  for (int i = 0; i < 20'000; ++i) {
    OneClient client(requests_limit(1'000'000), "d-" + std::to_string(i % 400));
    bench_.passes(client.demand());
  }
  EXPECT_LT(bench_.book.entries(), 1000U);
}

// Requests per minute and concurrency against a model that keeps every event.
TEST_F(LimitBookTest, AgreesWithAModelThatRemembersEverything) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    BookBench bench(clock_);
    LimitSet limits = requests_limit(1 + static_cast<std::int64_t>(random() % 20));
    limits.tokens_per_minute = 1000;
    limits.cost_per_day = 2000;
    limits.concurrent = 1 + static_cast<int>(random() % 6);
    OneClient client(limits);
    struct Event {
      std::int64_t second, day, tokens, cost;
      bool running;
    };
    std::vector<Event> events;
    std::vector<std::pair<std::size_t, BookBench::Held>> running;
    for (int step = 0; step < 1000; ++step) {
      clock_.advance_ms(static_cast<std::int64_t>(random() % 4 == 0 ? random() % 20'000 : random() % 300));
      if (random() % 500 == 0) clock_.advance_ms(20'000'000);
      const std::int64_t second = clock_.unix_ms() / 1000, day = second / 86400;
      if (random() % 3 == 0 && !running.empty()) {
        const std::size_t which = random() % running.size();
        Event& event = events[running[which].first];
        event.tokens = static_cast<std::int64_t>(random() % 200);
        event.cost = static_cast<std::int64_t>(random() % 200);
        event.running = false;
        bench.settle(running[which].second, {event.tokens, 0, event.cost});
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
        continue;
      }
      const std::int64_t tokens = static_cast<std::int64_t>(random() % 150), cost = static_cast<std::int64_t>(random() % 150);
      std::int64_t requests = 0, minute_tokens = 0, day_cost = 0, concurrent = 0;
      for (const Event& event : events) {
        if (event.second > second - 60) {
          ++requests;
          minute_tokens += event.tokens;
        }
        if (event.day == day) day_cost += event.cost;
        concurrent += event.running ? 1 : 0;
      }
      const bool expected = requests + 1 <= limits.requests_per_minute && minute_tokens + tokens <= 1000 &&
                            day_cost + cost <= 2000 && concurrent + 1 <= limits.concurrent;
      const auto held = bench.reserve(client.demand({tokens, 0, cost}));
      ASSERT_EQ(held.reserved, expected) << "seed " << seed << " step " << step;
      if (expected) {
        running.emplace_back(events.size(), held);
        events.push_back({second, day, tokens, cost, true});
      }
    }
  }
}

TEST_F(LimitBookTest, ACustomLimitLetsItsBurstThroughAndThenItsRate) {
  const CustomLimit limit{60, 60'000, 10};
  for (int i = 0; i < 10; ++i) {
    const CustomAnswer answer = bench_.book.take("ip:192.0.2.1", limit, 1, true, 1);
    EXPECT_TRUE(answer.allowed);
    EXPECT_EQ(answer.remaining, 9 - i);
  }
  const CustomAnswer refused = bench_.book.take("ip:192.0.2.1", limit, 1, true, 1);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.resets_at_ms, clock_.unix_ms() + 1000);
  EXPECT_TRUE(bench_.book.take("ip:192.0.2.2", limit, 10, true, 1).allowed);
  clock_.advance_ms(999);
  EXPECT_FALSE(bench_.book.take("ip:192.0.2.1", limit, 1, false, 1).allowed);
  clock_.advance_ms(1);
  EXPECT_TRUE(bench_.book.take("ip:192.0.2.1", limit, 1, false, 1).allowed) << "looking takes nothing";
  EXPECT_TRUE(bench_.book.take("ip:192.0.2.1", limit, 1, true, 1).allowed);
  EXPECT_FALSE(bench_.book.take("ip:192.0.2.1", limit, 11, true, 1).allowed);
  EXPECT_EQ(bench_.book.take("ip:192.0.2.1", limit, 11, true, 1).resets_at_ms, 0) << "never";
}

TEST_F(LimitBookTest, CustomLimitsThatMakeNoSenseAreRefused) {
  EXPECT_TRUE(check_custom_limit({1, 1, 0}).ok());
  for (const CustomLimit& bad : {CustomLimit{0, 1, 0}, CustomLimit{-1, 1, 0}, CustomLimit{1, 0, 0}, CustomLimit{1, -5, 0},
                                 CustomLimit{1, 1, -1}, CustomLimit{INT64_MAX, 1, 0}, CustomLimit{1, INT64_MAX, 0},
                                 CustomLimit{1, 86'400'000, 1'000'000'000}, CustomLimit{2000, 1, 0}}) {
    EXPECT_FALSE(check_custom_limit(bad).ok());
  }
}

TEST_F(LimitBookTest, CustomNamesMadeUpByCallersTakeNoMoreThanTheirRoom) {
  for (int i = 0; i < 300'000; ++i) {
    bench_.book.take("ip:" + std::to_string(i), CustomLimit{1, 86'400'000, 0}, 1, true, 1);
  }
  EXPECT_LE(bench_.book.entries(), 64U * 2048U);
}

TEST_F(LimitBookTest, TellsWhatIsUsedWithoutUsingIt) {
  LimitSet limits;
  limits.requests_per_minute = 10;
  limits.tokens_per_day = 1000;
  limits.concurrent = 5;
  OneClient client(limits, "c-told");
  const auto use = [&](LimitKind kind) { return bench_.book.use_of(LimitLevel::kClient, "c-told")[static_cast<std::size_t>(kind)]; };
  EXPECT_EQ(use(LimitKind::kRequestsPerMinute), 0);
  const auto held = bench_.reserve(client.demand({60, 40, 0}));
  EXPECT_EQ(use(LimitKind::kRequestsPerMinute), 1);
  EXPECT_EQ(use(LimitKind::kTokensPerDay), 100);
  EXPECT_EQ(use(LimitKind::kConcurrent), 1);
  bench_.settle(held, {10, 5, 0});
  EXPECT_EQ(use(LimitKind::kTokensPerDay), 15);
  EXPECT_EQ(use(LimitKind::kConcurrent), 0);
  clock_.advance_ms(61'000);
  EXPECT_EQ(use(LimitKind::kRequestsPerMinute), 0);
}

}  // namespace
}  // namespace moongate
