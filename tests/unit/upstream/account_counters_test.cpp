#include "upstream/account_counters.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace moongate {
namespace {

Account account(const std::string& name, Provider provider = Provider::kAnthropic) {
  Account made;
  made.name = name;
  made.provider = provider;
  return made;
}

TEST(AccountCounters, CountEachAccountInEachOfItsRoles) {
  const auto counters = std::make_unique<AccountCounters>();
  const Account main = account("main"), gemini = account("both.json", Provider::kVertex), claude = account("both.json", Provider::kVertexClaude);
  counters->count(main, false);
  counters->count(main, true);
  counters->count(gemini, false);
  EXPECT_EQ(counters->of(main).requests, 2U);
  EXPECT_EQ(counters->of(main).errors, 1U);
  EXPECT_EQ(counters->of(gemini).requests, 1U);
  EXPECT_EQ(counters->of(claude).requests, 0U);
  EXPECT_EQ(counters->of(account("unknown")).requests, 0U);
}

TEST(AccountCounters, LoseNothingWhenWorkersCountAtOnce) {
  const auto counters = std::make_unique<AccountCounters>();
  constexpr int kThreads = 4, kEach = 2000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&counters] {
      for (int i = 0; i < kEach; ++i) counters->count(account("account-" + std::to_string(i % 100)), i % 2 == 0);
    });
  }
  for (std::thread& each : threads) each.join();
  std::uint64_t requests = 0;
  for (int i = 0; i < 100; ++i) requests += counters->of(account("account-" + std::to_string(i))).requests;
  EXPECT_EQ(requests, static_cast<std::uint64_t>(kThreads * kEach));
}

}  // namespace
}  // namespace moongate
