#include "cache/bounded_store.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <unordered_map>

namespace moongate {
namespace {

using Put = BoundedStore::Put;

BoundedStore::NewItem text(std::string_view value, MonoMs expires = 0) {
  BoundedStore::NewItem item;
  item.text = value;
  item.expires = expires;
  return item;
}

Put put(BoundedStore& store, const std::string& key, std::string_view value, MonoMs expires = 0, MonoMs now = 1) {
  return store.lock(key, now).put(text(value, expires));
}

bool has(BoundedStore& store, const std::string& key, MonoMs now = 1) {
  return store.lock(key, now).find() != nullptr;
}

TEST(BoundedStore, HoldsNoMoreEntriesThanItIsAllowed) {
  for (const std::size_t limit : {1U, 7U, 64U, 1000U}) {
    BoundedStore store(limit, 64 << 20, 42);
    for (int i = 0; i < 5000; ++i) put(store, "key" + std::to_string(i), "v");
    EXPECT_LE(store.sizes().entries, limit + 16) << limit;  // 16: rounding up in each shard
    EXPECT_GE(store.sizes().entries, std::min<std::size_t>(limit, limit * 9 / 10)) << limit;
    EXPECT_TRUE(has(store, "key4999")) << limit;
    EXPECT_EQ(store.sizes().evictions + store.sizes().entries, 5000U) << limit;
  }
}

TEST(BoundedStore, HoldsNoMoreBytesThanItIsAllowed) {
  BoundedStore store(1'000'000, 1 << 20, 42);
  const std::string value(1000, 'v');
  for (int i = 0; i < 10'000; ++i) {
    put(store, "key" + std::to_string(i), value);
    ASSERT_LE(store.sizes().bytes, 1U << 20);
  }
  EXPECT_GT(store.sizes().entries, 700U);
}

TEST(BoundedStore, ChargesWhatReplacesByItsNewSize) {
  BoundedStore store(100, 1 << 20, 42);
  put(store, "key", std::string(1000, 'v'));
  const std::size_t large = store.sizes().bytes;
  put(store, "key", "");
  EXPECT_LT(store.sizes().bytes, large - 900);
  put(store, "key", std::string(1000, 'v'));
  EXPECT_EQ(store.sizes().bytes, large);
  EXPECT_TRUE(store.lock("key", 1).erase());
  EXPECT_EQ(store.sizes().bytes, 0U);
}

TEST(BoundedStore, RefusesWhatCouldNeverFitAndKeepsWhatWasThere) {
  BoundedStore store(100, 10'000, 42);
  put(store, "key", "small");
  EXPECT_EQ(put(store, "key", std::string(20'000, 'v')), Put::kNoRoom);
  EXPECT_EQ(store.lock("key", 1).find()->text, "small");
}

TEST(BoundedStore, KeepsWhatIsUsedAndEvictsWhatIsNot) {
  BoundedStore store(50, 1 << 20, 42);
  for (int i = 0; i < 10; ++i) put(store, "used" + std::to_string(i), "v");
  for (int i = 0; i < 2000; ++i) {
    put(store, "passing" + std::to_string(i), "v");
    for (int n = 0; n < 10; ++n) has(store, "used" + std::to_string(n));
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(has(store, "used" + std::to_string(i))) << i;
}

TEST(BoundedStore, SaysWhenLiveEntriesHadToGo) {
  BoundedStore store(2, 1 << 20, 42);
  EXPECT_EQ(put(store, "a", "v", 100, 1), Put::kStored);
  EXPECT_EQ(put(store, "b", "v", 0, 1), Put::kStored);
  EXPECT_EQ(put(store, "c", "v", 0, 200), Put::kStored);  // a's time is up: nothing is lost
  EXPECT_EQ(put(store, "d", "v", 0, 200), Put::kStoredEvicting);
  EXPECT_EQ(store.sizes().evictions, 1U);
}

TEST(BoundedStore, EvictsNothingLiveWhenItMayNot) {
  BoundedStore store(2, 1 << 20, 42);
  put(store, "a", "v", 100, 1);
  put(store, "b", "v");
  EXPECT_EQ(store.lock("c", 1).put(text("v"), false), Put::kNoRoom);
  EXPECT_TRUE(has(store, "a"));
  EXPECT_EQ(store.lock("c", 200).put(text("v"), false), Put::kStored);
  EXPECT_TRUE(has(store, "b", 200));
}

TEST(BoundedStore, ClearsExpiredEntriesThatNobodyAsksFor) {
  BoundedStore store(100'000, 64 << 20, 42);
  for (int i = 0; i < 1000; ++i) put(store, "short" + std::to_string(i), "v", 100, 1);
  for (int i = 0; i < 1000; ++i) put(store, "later" + std::to_string(i), "v", 0, 200);
  EXPECT_LT(store.sizes().entries, 1200U);
}

TEST(BoundedStore, AgreesWithAPlainMapOverManyRandomSteps) {
  BoundedStore store(1 << 20, 256 << 20, 42);
  std::unordered_map<std::string, std::string> model;
  std::mt19937 random(1);
  for (int step = 0; step < 50'000; ++step) {
    const std::string key = std::to_string(random() % 500);
    switch (random() % 3) {
      case 0: {
        const std::string value(random() % 100, static_cast<char>('a' + random() % 26));
        ASSERT_EQ(put(store, key, value), Put::kStored);
        model[key] = value;
        break;
      }
      case 1: ASSERT_EQ(store.lock(key, 1).erase(), model.erase(key) > 0); break;
      default: {
        auto place = store.lock(key, 1);
        const auto* item = place.find();
        ASSERT_EQ(item != nullptr, model.contains(key));
        if (item != nullptr) ASSERT_EQ(item->text, model[key]);
      }
    }
  }
  EXPECT_EQ(store.sizes().entries, model.size());
  std::vector<std::string> keys;
  store.keys(1, 0, keys);
  EXPECT_EQ(keys.size(), model.size());
  store.clear();
  EXPECT_EQ(store.sizes().entries, 0U);
  EXPECT_EQ(store.sizes().bytes, 0U);
  EXPECT_FALSE(has(store, keys.front()));
}

TEST(BoundedStore, StaysWholeUnderManyThreads) {
  BoundedStore store(200, 1 << 20, 42);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 20'000; ++i) {
        const std::string key = std::to_string(random() % 400);
        auto place = store.lock(key, i);
        if (const auto* item = place.find()) {
          ASSERT_EQ(item->text, "value of " + key);
          if (random() % 4 == 0) place.erase();
        } else {
          place.put(text("value of " + key, i + static_cast<int>(random() % 1000)));
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(store.sizes().entries, 208U);
}

}  // namespace
}  // namespace moongate
