#include "cache/shared_dict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace moongate {
namespace {

using Outcome = SharedDict::Outcome;
using Kind = SharedValue::Kind;

SharedValue text(std::string value) {
  SharedValue made;
  made.text = std::move(value);
  return made;
}
SharedValue number(double value) {
  SharedValue made;
  made.kind = Kind::kNumber;
  made.number = value;
  return made;
}
SharedValue boolean(bool value) {
  SharedValue made;
  made.kind = Kind::kBoolean;
  made.number = value ? 1 : 0;
  return made;
}

class SharedDictTest : public ::testing::Test {
 protected:
  std::optional<std::string> text_of(const std::string& key) {
    SharedValue found;
    return dict.get(key, found) && found.kind == Kind::kText ? std::optional(found.text) : std::nullopt;
  }
  ManualClock clock;
  SharedDict dict{1000, 1 << 20, clock, 42};
};

TEST_F(SharedDictTest, KeepsTextNumbersBooleansAndFlags) {
  SharedValue flagged = text(std::string("a\0b", 3));
  flagged.flags = 7;
  EXPECT_TRUE(dict.set("text", flagged, 0).ok());
  EXPECT_TRUE(dict.set("number", number(1.5), 0).ok());
  EXPECT_TRUE(dict.set("boolean", boolean(true), 0).ok());
  SharedValue found;
  ASSERT_TRUE(dict.get("text", found));
  EXPECT_EQ(found.kind, Kind::kText);
  EXPECT_EQ(found.text, std::string("a\0b", 3));
  EXPECT_EQ(found.flags, 7U);
  ASSERT_TRUE(dict.get("number", found));
  EXPECT_EQ(found.kind, Kind::kNumber);
  EXPECT_EQ(found.number, 1.5);
  EXPECT_EQ(found.flags, 0U);
  ASSERT_TRUE(dict.get("boolean", found));
  EXPECT_EQ(found.kind, Kind::kBoolean);
  EXPECT_EQ(found.number, 1);
  EXPECT_FALSE(dict.get("nothing", found));
}

TEST_F(SharedDictTest, ForgetsWhatHasExpired) {
  dict.set("key", text("v"), 1000);
  EXPECT_EQ(dict.ttl("key"), 1000);
  clock.advance_ms(999);
  EXPECT_EQ(text_of("key"), "v");
  EXPECT_EQ(dict.ttl("key"), 1);
  clock.advance_ms(1);
  EXPECT_EQ(text_of("key"), std::nullopt);
  EXPECT_EQ(dict.ttl("key"), std::nullopt);
}

TEST_F(SharedDictTest, AddsOnlyWhatIsNotThere) {
  EXPECT_TRUE(dict.add("key", text("1"), 1000).ok());
  EXPECT_EQ(dict.add("key", text("2"), 0).outcome, Outcome::kExists);
  EXPECT_EQ(dict.safe_add("key", text("2"), 0).outcome, Outcome::kExists);
  clock.advance_ms(1000);
  EXPECT_TRUE(dict.add("key", text("3"), 0).ok());
  EXPECT_EQ(text_of("key"), "3");
}

TEST_F(SharedDictTest, ReplacesOnlyWhatIsThere) {
  EXPECT_EQ(dict.replace("key", text("1"), 0).outcome, Outcome::kNotFound);
  dict.set("key", text("2"), 1000);
  EXPECT_TRUE(dict.replace("key", number(3), 0).ok());
  EXPECT_EQ(dict.ttl("key"), 0);
  dict.expire("key", 500);
  clock.advance_ms(500);
  EXPECT_EQ(dict.replace("key", text("4"), 0).outcome, Outcome::kNotFound);
}

TEST_F(SharedDictTest, CountsAndBeginsOnlyWhereToldHow) {
  EXPECT_EQ(dict.incr("count", 1).outcome, Outcome::kNotFound);
  const auto begun = dict.incr("count", 1, 10, 1000);
  EXPECT_TRUE(begun.ok());
  EXPECT_EQ(begun.value, 11);
  EXPECT_EQ(dict.incr("count", -0.5, 10, 9999).value, 10.5);
  EXPECT_EQ(dict.ttl("count"), 1000);
  clock.advance_ms(1000);
  EXPECT_EQ(dict.incr("count", 1, 0).value, 1);
  EXPECT_EQ(dict.ttl("count"), 0);
  dict.set("text", text("5"), 0);
  EXPECT_EQ(dict.incr("text", 1, 0).outcome, Outcome::kNotNumber);
  dict.set("boolean", boolean(true), 0);
  EXPECT_EQ(dict.incr("boolean", 1, 0).outcome, Outcome::kNotNumber);
}

TEST_F(SharedDictTest, DeletesOneOrAll) {
  dict.set("a", text("1"), 0);
  dict.set("b", text("2"), 0);
  EXPECT_TRUE(dict.erase("a").ok());
  EXPECT_TRUE(dict.erase("a").ok());
  EXPECT_EQ(text_of("a"), std::nullopt);
  dict.flush_all();
  EXPECT_EQ(text_of("b"), std::nullopt);
  EXPECT_EQ(dict.free_bytes(), dict.capacity_bytes());
}

TEST_F(SharedDictTest, MovesADeadline) {
  EXPECT_EQ(dict.expire("key", 10).outcome, Outcome::kNotFound);
  dict.set("key", text("v"), 1000);
  EXPECT_TRUE(dict.expire("key", 0).ok());
  clock.advance_ms(5000);
  EXPECT_EQ(text_of("key"), "v");
  EXPECT_EQ(dict.expire("key", -1).outcome, Outcome::kBadTtl);
}

TEST_F(SharedDictTest, ListsKeysUpToALimit) {
  for (int i = 0; i < 20; ++i) dict.set("k" + std::to_string(i), text("v"), i < 10 ? 1000 : 0);
  EXPECT_EQ(dict.keys(5).size(), 5U);
  EXPECT_EQ(dict.keys(0).size(), 20U);
  clock.advance_ms(1000);
  EXPECT_EQ(dict.keys(0).size(), 10U);
}

TEST_F(SharedDictTest, RefusesBadKeysAndTimes) {
  SharedValue found;
  for (const std::string& key : {std::string(), std::string(65536, 'k')}) {
    EXPECT_FALSE(dict.get(key, found));
    EXPECT_EQ(dict.set(key, text("v"), 0).outcome, Outcome::kBadKey);
    EXPECT_EQ(dict.incr(key, 1, 0).outcome, Outcome::kBadKey);
    EXPECT_EQ(dict.erase(key).outcome, Outcome::kBadKey);
    EXPECT_EQ(dict.ttl(key), std::nullopt);
  }
  EXPECT_TRUE(dict.set(std::string(65535, 'k'), text("v"), 0).ok());
  EXPECT_EQ(dict.set("key", text("v"), -1).outcome, Outcome::kBadTtl);
  EXPECT_EQ(dict.incr("key", 1, 0, -1).outcome, Outcome::kBadTtl);
}

TEST_F(SharedDictTest, SaysForcibleWhenItPutsOthersOutAndSafeSetRatherFails) {
  SharedDict small(100, 8192, clock, 42);
  bool forced = false;
  for (int i = 0; i < 100 && !forced; ++i) forced = small.set("k" + std::to_string(i), text(std::string(500, 'v')), 0).forcible;
  EXPECT_TRUE(forced);
  EXPECT_EQ(small.safe_set("safe", text(std::string(500, 'v')), 0).outcome, Outcome::kNoMemory);
  EXPECT_EQ(small.set("huge", text(std::string(10'000, 'v')), 0).outcome, Outcome::kNoMemory);
}

TEST_F(SharedDictTest, CountsRightlyFromManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) dict.incr("count", 1, 0);
    });
  }
  for (auto& thread : threads) thread.join();
  SharedValue found;
  ASSERT_TRUE(dict.get("count", found));
  EXPECT_EQ(found.number, 20'000);
}

TEST(SharedDicts, AreFoundByNameAndBoundedInNumber) {
  ManualClock clock;
  SharedDicts dicts(100, 1 << 16, clock, 42);
  SharedDict* one = dicts.open("one");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(dicts.open("one"), one);
  EXPECT_NE(dicts.open("two"), one);
  one->set("key", text("v"), 0);
  SharedValue found;
  EXPECT_FALSE(dicts.open("two")->get("key", found));
  for (std::size_t i = 2; i < SharedDicts::kMaxDicts; ++i) EXPECT_NE(dicts.open("d" + std::to_string(i)), nullptr);
  EXPECT_EQ(dicts.open("one too many"), nullptr);
  EXPECT_EQ(dicts.open("one"), one);
}

}  // namespace
}  // namespace moongate
