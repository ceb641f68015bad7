// What every cache has to keep, whatever it is made of. Each implementation gives a CacheUnderTest and instantiates
// the suite.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "cache/cache.h"
#include "worker_loop.h"

namespace moongate {

class CacheUnderTest {
 public:
  virtual ~CacheUnderTest() = default;
  // Empty, or why it could not be made.
  virtual std::string prepare() = 0;
  virtual WorkerLoop& loop() = 0;
  virtual std::unique_ptr<Cache> worker() = 0;
  // Lets that much time pass for everything that has a deadline.
  virtual void advance_ms(std::int64_t ms) = 0;
};

struct CacheKind {
  std::string name;
  std::function<std::unique_ptr<CacheUnderTest>()> make;
};
inline void PrintTo(const CacheKind& kind, std::ostream* out) { *out << kind.name; }

class CacheContract : public ::testing::TestWithParam<CacheKind> {
 protected:
  void SetUp() override {
    under_test_ = GetParam().make();
    const std::string problem = under_test_->prepare();
    ASSERT_EQ(problem, "");
    cache_ = under_test_->worker();
    other_ = under_test_->worker();
  }
  void TearDown() override {
    cache_.reset();
    other_.reset();
    under_test_.reset();
  }

  template <class T>
  T run(Task<T> task) {
    return under_test_->loop().run(std::move(task));
  }
  std::optional<std::string> get(const std::string& key) {
    auto found = run(cache_->get(key));
    EXPECT_TRUE(found.ok()) << found.error().describe();
    return found.ok() ? *found : std::nullopt;
  }
  void set(const std::string& key, const std::string& value, std::int64_t ttl_ms = 0) {
    const Status done = run(cache_->set(key, value, ttl_ms));
    EXPECT_TRUE(done.ok()) << done.error().describe();
  }
  bool add(const std::string& key, const std::string& value, std::int64_t ttl_ms = 0) {
    auto added = run(cache_->add(key, value, ttl_ms));
    EXPECT_TRUE(added.ok()) << added.error().describe();
    return added.ok() && *added;
  }
  bool erase(const std::string& key) {
    auto erased = run(cache_->erase(key));
    EXPECT_TRUE(erased.ok()) << erased.error().describe();
    return erased.ok() && *erased;
  }
  std::int64_t incr(const std::string& key, std::int64_t by, std::int64_t ttl_ms = 0) {
    auto sum = run(cache_->incr(key, by, ttl_ms));
    EXPECT_TRUE(sum.ok()) << sum.error().describe();
    return sum.ok() ? *sum : -1;
  }
  void advance_ms(std::int64_t ms) { under_test_->advance_ms(ms); }

  std::unique_ptr<CacheUnderTest> under_test_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<Cache> other_;  // another worker's
};

TEST_P(CacheContract, HasNothingThatNobodyPutThere) {
  EXPECT_EQ(get("nothing"), std::nullopt);
  EXPECT_FALSE(erase("nothing"));
}

TEST_P(CacheContract, KeepsAValueUntilItsDeadlineAndNotLonger) {
  set("key", "value", 60'000);
  EXPECT_EQ(get("key"), "value");
  advance_ms(55'000);
  EXPECT_EQ(get("key"), "value");
  advance_ms(6'000);
  EXPECT_EQ(get("key"), std::nullopt);
}

TEST_P(CacheContract, KeepsAValueWithoutADeadline) {
  set("key", "value");
  advance_ms(1'000'000'000);
  EXPECT_EQ(get("key"), "value");
}

TEST_P(CacheContract, TakesALifetimeBeyondEveryClockForNone) {
  set("key", "value", std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(add("another", "value", std::numeric_limits<std::int64_t>::max()));
  advance_ms(1'000'000'000);
  EXPECT_EQ(get("key"), "value");
  EXPECT_EQ(get("another"), "value");
}

TEST_P(CacheContract, ReplacesValueAndDeadlineTogether) {
  set("key", "old", 10'000);
  set("key", "new");
  advance_ms(20'000);
  EXPECT_EQ(get("key"), "new");
  set("key", "newer", 10'000);
  advance_ms(20'000);
  EXPECT_EQ(get("key"), std::nullopt);
}

TEST_P(CacheContract, AddsOnlyWhereNothingIs) {
  EXPECT_TRUE(add("key", "first", 10'000));
  EXPECT_FALSE(add("key", "second", 0));
  EXPECT_EQ(get("key"), "first");
  advance_ms(11'000);
  EXPECT_TRUE(add("key", "third"));
  EXPECT_EQ(get("key"), "third");
}

TEST_P(CacheContract, TellsWhetherWhatIsErasedWasThere) {
  set("key", "value");
  EXPECT_TRUE(erase("key"));
  EXPECT_FALSE(erase("key"));
  EXPECT_EQ(get("key"), std::nullopt);
  set("key", "value", 10'000);
  advance_ms(11'000);
  EXPECT_FALSE(erase("key"));
}

TEST_P(CacheContract, CountsFromNothingUpAndDown) {
  EXPECT_EQ(incr("count", 5), 5);
  EXPECT_EQ(incr("count", -7), -2);
  EXPECT_EQ(get("count"), "-2");
  set("count", "41");
  EXPECT_EQ(incr("count", 1), 42);
}

TEST_P(CacheContract, GivesACounterItsDeadlineWhenItBeginsAndNeverAgain) {
  EXPECT_EQ(incr("window", 1, 10'000), 1);
  advance_ms(6'000);
  EXPECT_EQ(incr("window", 1, 10'000), 2);
  advance_ms(5'000);
  EXPECT_EQ(incr("window", 1, 10'000), 1);

  EXPECT_EQ(incr("for ever", 1), 1);
  EXPECT_EQ(incr("for ever", 1, 10'000), 2);
  advance_ms(1'000'000);
  EXPECT_EQ(incr("for ever", 1), 3);
}

TEST_P(CacheContract, CountsExactlyUpToTheEdgeOf64Bits) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(incr("big", (1LL << 53) + 1, 10'000), (1LL << 53) + 1);
  EXPECT_EQ(incr("big", 2, 10'000), (1LL << 53) + 3);
  EXPECT_EQ(incr("edge", kMost - 1), kMost - 1);
  EXPECT_EQ(incr("edge", 1), kMost);
  const auto beyond = run(cache_->incr("edge", 1, 0));
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(get("edge"), std::to_string(kMost));
  EXPECT_EQ(incr("depth", std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::int64_t>::min());
}

TEST_P(CacheContract, RefusesToCountWhatIsNoInteger) {
  for (const std::string text : {"", "x", "1.5", " 1", "1 ", "+1", "01", "-0", "9223372036854775808"}) {
    set("text", text);
    for (const std::int64_t ttl : {0, 10'000}) {
      const auto sum = run(cache_->incr("text", 1, ttl));
      ASSERT_FALSE(sum.ok()) << text;
      EXPECT_EQ(sum.error().kind, ErrorKind::kInvalid) << text;
    }
    EXPECT_EQ(get("text"), text);
  }
}

TEST_P(CacheContract, KeepsEveryByteOfKeysAndValues) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  const std::string key = std::string("k\0\r\n$3\r\n", 8) + all;
  set(key, all);
  EXPECT_EQ(get(key), all);
  EXPECT_EQ(get(key.substr(0, 1)), std::nullopt);
  set("empty", "");
  EXPECT_EQ(get("empty"), "");
  set("*1\r\n$8\r\nFLUSHALL\r\n", "x");
  EXPECT_EQ(get("empty"), "");
}

TEST_P(CacheContract, TakesKeysAndValuesUpToTheirBoundsAndRefusesMore) {
  const std::string longest_key(Cache::kMaxKey, 'k');
  std::string longest_value(Cache::kMaxValue, 'v');
  longest_value.back() = 'w';
  set(longest_key, longest_value);
  EXPECT_EQ(get(longest_key), longest_value);

  const auto refused = [&](const auto& result) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
  };
  const std::string long_key = longest_key + "k";
  for (const std::string& key : {std::string(), long_key}) {
    refused(run(cache_->get(key)));
    refused(run(cache_->set(key, "v", 0)));
    refused(run(cache_->add(key, "v", 0)));
    refused(run(cache_->erase(key)));
    refused(run(cache_->incr(key, 1, 0)));
  }
  const std::string long_value = longest_value + "v";
  refused(run(cache_->set("key", long_value, 0)));
  refused(run(cache_->add("key", long_value, 0)));
  refused(run(cache_->set("key", "v", -1)));
  refused(run(cache_->add("key", "v", -1)));
  refused(run(cache_->incr("key", 1, -1)));
  EXPECT_EQ(get("key"), std::nullopt);
}

TEST_P(CacheContract, SharesEntriesBetweenWorkers) {
  set("key", "value");
  EXPECT_EQ(*run(other_->get("key")), "value");
  EXPECT_FALSE(*run(other_->add("key", "another", 0)));
  EXPECT_EQ(*run(other_->incr("count", 1, 0)), 1);
  EXPECT_EQ(incr("count", 1), 2);
  EXPECT_TRUE(*run(other_->erase("key")));
  EXPECT_EQ(get("key"), std::nullopt);
}

TEST_P(CacheContract, GivesEachOfAThousandConcurrentQuestionsItsOwnAnswer) {
  for (int i = 0; i < 1000; ++i) {
    bool answered = false;
    if (!cache_->try_set("k" + std::to_string(i), "v" + std::to_string(i), 0)) {
      answered = run(cache_->set("k" + std::to_string(i), "v" + std::to_string(i), 0)).ok();
      ASSERT_TRUE(answered);
    }
  }
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("k" + std::to_string(i));
  std::vector<std::optional<Result<std::optional<std::string>>>> answers(1000);
  for (std::size_t i = 0; i < 1000; ++i) spawn(WorkerLoop::keep(cache_->get(keys[i]), answers[i]));
  ASSERT_TRUE(under_test_->loop().until([&] {
    return std::all_of(answers.begin(), answers.end(), [](const auto& each) { return each.has_value(); });
  }));
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(answers[i]->ok()) << answers[i]->error().describe();
    EXPECT_EQ(**answers[i], "v" + std::to_string(i));
  }
}

TEST_P(CacheContract, LosesNoCountOfWorkersThatCountAtOnce) {
  std::vector<std::optional<Result<std::int64_t>>> sums(400);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    spawn(WorkerLoop::keep((i % 2 == 0 ? cache_ : other_)->incr("count", 1, 60'000), sums[i]));
  }
  ASSERT_TRUE(under_test_->loop().until([&] {
    return std::all_of(sums.begin(), sums.end(), [](const auto& each) { return each.has_value(); });
  }));
  EXPECT_EQ(get("count"), "400");
}

// try_… may say no, but then it has done nothing; and where it says yes, it did what its task would have done.
TEST_P(CacheContract, TriesWithoutWaitingOrDoesNothing) {
  std::optional<std::string> found = "before";
  const bool direct = cache_->try_get("key", found);
  EXPECT_EQ(found, direct ? std::nullopt : std::optional<std::string>("before"));
  EXPECT_EQ(cache_->try_set("key", "5", 10'000), direct);
  EXPECT_EQ(get("key"), direct ? std::optional<std::string>("5") : std::nullopt);
  std::int64_t sum = -1;
  EXPECT_EQ(cache_->try_incr("key", 2, 0, sum), direct);
  EXPECT_EQ(sum, direct ? 7 : -1);
  bool flag = true;
  EXPECT_EQ(cache_->try_add("key", "9", 0, flag), direct);
  EXPECT_EQ(flag, !direct);
  EXPECT_EQ(get("key"), direct ? std::optional<std::string>("7") : std::nullopt);
  flag = false;
  EXPECT_EQ(cache_->try_erase("key", flag), direct);
  EXPECT_EQ(flag, direct);
  EXPECT_EQ(get("key"), std::nullopt);
  EXPECT_FALSE(cache_->try_get("", found));
  EXPECT_FALSE(cache_->try_set("key", "v", -1));
}

TEST_P(CacheContract, IsAvailable) { EXPECT_TRUE(cache_->available()); }

}  // namespace moongate
