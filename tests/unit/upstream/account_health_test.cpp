#include "upstream/account_health.h"

#include <gtest/gtest.h>

#include "upstream/account_picker.h"
#include "upstream/affinity.h"
#include "upstream/rejected_betas.h"

namespace moongate {
namespace {

Account account(std::string name) {
  Account made;
  made.name = std::move(name);
  ModelRule rule;
  rule.wildcard = true;
  made.models.push_back(rule);
  return made;
}

UpstreamError fault(UpstreamFault what, std::int64_t retry_after_ms = -1) {
  UpstreamError error;
  error.fault = what;
  error.status = 429;
  error.retry_after_ms = retry_after_ms;
  return error;
}

class AccountHealthTest : public testing::Test {
 protected:
  AccountHealthTest() : sink_(*open_line_sink("off")), logger_(*sink_, clock_, LogLevel::kError), health_(clock_, logger_, {3, 1000}) {
    health_.set_on_account_disabled(
        [this](std::string_view name, std::string_view reason) { alerts_.push_back(std::string(name) + ": " + std::string(reason)); });
  }
  Fitness fitness(std::string_view model = "m", std::string_view endpoint = {}) const {
    return health_.view(a_, model, endpoint).fitness;
  }
  ManualClock clock_;
  std::unique_ptr<LineSink> sink_;
  Logger logger_;
  AccountHealth health_;
  Account a_ = account("a");
  std::vector<std::string> alerts_;
};

TEST_F(AccountHealthTest, ASimulatedAccountRefusesBecauseItWasAskedTo) {
  auto credential = std::make_shared<Credential>();
  credential->simulated = true;
  a_.credential = credential;
  health_.refused(a_, "m", fault(UpstreamFault::kUnauthenticated));
  EXPECT_TRUE(health_.untroubled());
  EXPECT_TRUE(alerts_.empty());
}

TEST_F(AccountHealthTest, ATimeThatIsToldIsKeptForThatModelAlone) {
  EXPECT_TRUE(health_.untroubled());
  health_.refused(a_, "m", fault(UpstreamFault::kRateLimited, 5000));
  EXPECT_EQ(fitness("m"), Fitness::kCooling);
  EXPECT_EQ(fitness("other"), Fitness::kFit);
  clock_.advance_ms(5000);
  EXPECT_EQ(fitness("m"), Fitness::kFit);
}

TEST_F(AccountHealthTest, WithoutATimeItGrowsFromRefusalToRefusalAndASuccessForgets) {
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 9; ++i) {
    for (int k = 0; k < 50; ++k) health_.refused(a_, "m", fault(UpstreamFault::kRateLimited));  // all under way at once: one
    const std::int64_t wait = health_.view(a_, "m").until - clock_.mono_ms();
    waits.push_back(wait);
    clock_.advance_ms(wait);
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000}));
  health_.worked(a_, "m");
  health_.refused(a_, "m", fault(UpstreamFault::kRateLimited));
  EXPECT_EQ(health_.view(a_, "m").until - clock_.mono_ms(), 1000);
}

TEST_F(AccountHealthTest, OverloadAndTheCallersMistakesAreNoNewsOfTheAccount) {
  for (const UpstreamFault each : {UpstreamFault::kOverloaded, UpstreamFault::kCallerFault, UpstreamFault::kServerError,
                                   UpstreamFault::kRefused, UpstreamFault::kNotFound, UpstreamFault::kBadSignature}) {
    EXPECT_FALSE(health_.refused(a_, "m", fault(each)));
  }
  EXPECT_TRUE(health_.untroubled());
}

TEST_F(AccountHealthTest, NoCreditDisablesTheWholeAccountAndAlertsOnce) {
  for (int i = 0; i < 10; ++i) health_.refused(a_, "m", fault(UpstreamFault::kSpendLimit));
  EXPECT_EQ(fitness("any"), Fitness::kDisabled);
  EXPECT_FALSE(health_.healthy(a_));
  ASSERT_EQ(alerts_.size(), 1u);
  EXPECT_TRUE(alerts_[0].starts_with("a: its spend limit"));
  health_.refused(a_, "m", fault(UpstreamFault::kRateLimited, 100));
  EXPECT_EQ(fitness("any"), Fitness::kDisabled);
  clock_.advance_ms(600'000);
  EXPECT_EQ(fitness("any"), Fitness::kFit);
}

TEST_F(AccountHealthTest, A403DisablesForItsModelAnd401ForAll) {
  health_.refused(a_, "m", fault(UpstreamFault::kForbidden));
  EXPECT_EQ(fitness("m"), Fitness::kDisabled);
  EXPECT_EQ(fitness("other"), Fitness::kFit);
  health_.refused(a_, "m", fault(UpstreamFault::kUnauthenticated));
  EXPECT_EQ(fitness("other"), Fitness::kDisabled);
  EXPECT_EQ(health_.count(Fitness::kDisabled), 2u);
  health_.forgive("a");
  EXPECT_TRUE(health_.untroubled());
}

TEST_F(AccountHealthTest, ACircuitOpensAfterFailuresInARowAndProbesOneAtATime) {
  const std::string_view host = "host:443";
  EXPECT_FALSE(health_.unreachable(a_, host, "x"));
  EXPECT_FALSE(health_.unreachable(a_, host, "x"));
  health_.spoke(a_, host);
  EXPECT_FALSE(health_.unreachable(a_, host, "x"));
  EXPECT_FALSE(health_.unreachable(a_, host, "x"));
  EXPECT_TRUE(health_.unreachable(a_, host, "x"));
  EXPECT_EQ(fitness("m", host), Fitness::kOpen);
  EXPECT_EQ(fitness("m", "other:443"), Fitness::kFit);
  EXPECT_FALSE(health_.admit(a_, host));
  clock_.advance_ms(1000);
  EXPECT_EQ(fitness("m", host), Fitness::kFit);
  EXPECT_TRUE(health_.admit(a_, host));
  EXPECT_FALSE(health_.admit(a_, host));
  EXPECT_EQ(fitness("m", host), Fitness::kOpen);
  EXPECT_TRUE(health_.unreachable(a_, host, "x"));  // the probe failed: open again
  EXPECT_FALSE(health_.admit(a_, host));
  clock_.advance_ms(1000);
  EXPECT_TRUE(health_.admit(a_, host));
  health_.spoke(a_, host);
  EXPECT_TRUE(health_.untroubled());
}

TEST_F(AccountHealthTest, NoticesTellOtherGateways) {
  const auto notice = health_.refused(a_, "m", fault(UpstreamFault::kRateLimited, 30'000));
  ASSERT_TRUE(notice);
  EXPECT_EQ(notice->ttl_ms, 30'000);
  EXPECT_EQ(notice->key, AccountHealth::notice_key(a_, "m"));
  AccountHealth other(clock_, logger_, {});
  clock_.advance_ms(10'000);
  other.learn(a_, "m", notice->text);
  EXPECT_EQ(other.view(a_, "m").fitness, Fitness::kCooling);
  clock_.advance_ms(20'000);
  EXPECT_EQ(other.view(a_, "m").fitness, Fitness::kFit);
}

TEST_F(AccountHealthTest, NoticesThatMeanNothingAreIgnored) {
  for (const std::string_view text : {"", "x", "1", "99999999999999999999 rate-limited", "9999999999999 overloaded", "9999999999999",
                                      "-5 rate-limited", "9999999999999 spend-limit"}) {
    health_.learn(a_, "m", text);
  }
  EXPECT_TRUE(health_.untroubled());
}

TEST_F(AccountHealthTest, WhatIsKeptIsBounded) {
  for (int i = 0; i < 5000; ++i) health_.refused(a_, "model" + std::to_string(i), fault(UpstreamFault::kRateLimited, 60'000));
  EXPECT_LE(health_.rows().size(), 256u);
}

TEST_F(AccountHealthTest, UnfitAccountsStandBehindFitOnesWhoseTurnsGoOn) {
  auto map = std::make_shared<MapConfig>();
  for (const char* name : {"a", "b", "c"}) map->accounts.push_back(std::make_shared<const Account>(account(name)));
  AccountPicker picker;
  picker.set_map(map);
  const auto pick = [&] {
    std::string names;
    for (const auto& each : picker.pick(Provider::kAnthropic, "m", std::nullopt, &health_)) names += each->name;
    return names;
  };
  health_.refused(a_, "m", fault(UpstreamFault::kRateLimited, 60'000));
  EXPECT_EQ(pick(), "bca");
  EXPECT_EQ(pick(), "cba");
  EXPECT_EQ(pick(), "bca");
  health_.refused(account("b"), "m", fault(UpstreamFault::kSpendLimit));
  health_.refused(account("c"), "m", fault(UpstreamFault::kSpendLimit));
  EXPECT_EQ(pick().substr(0, 1), "a");
}

TEST(AccountPickerTurns, ATurnThatWasNotTakenComesAgain) {
  auto map = std::make_shared<MapConfig>();
  for (const char* name : {"a", "b"}) map->accounts.push_back(std::make_shared<const Account>(account(name)));
  AccountPicker picker;
  picker.set_map(map);
  std::string first;
  for (int i = 0; i < 8; ++i) {
    const auto chosen = picker.pick(Provider::kAnthropic, "m", std::nullopt).front();
    first += chosen->name;
    if (i % 2 == 1) picker.give_back(Provider::kAnthropic, "m", std::nullopt, *chosen);
  }
  EXPECT_EQ(first, "abbaabba");
}

TEST(AffinityTableTest, AnEntryLivesAsLongAsItIsUsed) {
  ManualClock clock;
  AffinityTable table(clock, 2);
  EXPECT_TRUE(table.put("k", "a", 1000));
  clock.advance_ms(200);
  EXPECT_FALSE(table.put("k", "a", 1000));
  clock.advance_ms(900);
  EXPECT_EQ(table.find("k"), "a");
  EXPECT_TRUE(table.put("k", "a", 1000));
  EXPECT_TRUE(table.put("k", "b", 1000));
  clock.advance_ms(1000);
  EXPECT_EQ(table.find("k"), "");
  EXPECT_EQ(table.size(), 0u);
}

TEST(AffinityTableTest, TheLeastRecentlyUsedMakesRoom) {
  ManualClock clock;
  AffinityTable table(clock, 2);
  table.put("1", "a", 1000);
  table.put("2", "b", 1000);
  EXPECT_EQ(table.find("1"), "a");
  table.put("3", "c", 1000);
  EXPECT_EQ(table.find("2"), "");
  EXPECT_EQ(table.find("1") + table.find("3"), "ac");
}

TEST(RejectedBetasTest, WhatOneAccountRefusesIsLeftOutForItAlone) {
  RejectedBetas betas;
  EXPECT_TRUE(betas.none());
  betas.add("a", "m", {"x", "y"});
  EXPECT_EQ(betas.without("a", "m", "w, x,y ,z"), "w,z");
  EXPECT_EQ(betas.without("b", "m", "w,x"), "w,x");
  EXPECT_EQ(betas.without("a", "m", "x"), "");
}

}  // namespace
}  // namespace moongate
