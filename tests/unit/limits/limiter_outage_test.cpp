// Limits of gateways that die, and of those that have lost their Redis.
#include "two_gateways.h"

namespace moongate {
namespace {

class LimiterOutageTest : public TwoGateways {};

TEST_F(LimiterOutageTest, SlotsAndReservationsOfACrashedGatewayRunOut) {
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

TEST_F(LimiterOutageTest, ALongRequestKeepsItsSlotByRenewing) {
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

TEST_F(LimiterOutageTest, WhileRedisIsAwayEachGatewayEnforcesItsShareAndSaysSoOnce) {
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

TEST_F(LimiterOutageTest, WhatWasReservedBeforeRedisWentOrMeanwhileIsInRedisAfterwards) {
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

TEST_F(LimiterOutageTest, ARedisThatDoesNotAnswerCostsItsTimeoutOnce) {
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

TEST_F(LimiterOutageTest, ARedisThatForgotEverythingIsToldWhatTheLedgerKnows) {
  start();
  OneClient client(cost_day(100));
  client.level.known = {utc_day(clock_.unix_ms()), utc_month(clock_.unix_ms()), 0, 90, 90, 90};
  EXPECT_FALSE(a_->passes(client.demand({0, 0, 11})));
  EXPECT_TRUE(a_->passes(client.demand({0, 0, 10})));
}

}  // namespace
}  // namespace moongate
