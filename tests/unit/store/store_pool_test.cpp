#include "store/store_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "store/memory_store.h"
#include "unit/store/store_contract.h"

namespace moongate {
namespace {

TEST(StorePool, HasItsThreadsCallTheStore) {
  MemoryStore store;
  std::promise<bool> answer;
  StorePool pool(store, 2, 10);
  ASSERT_TRUE(
      pool.post([&](Store& given) { answer.set_value(given.insert_user(user_record("ada")).value()); }));
  EXPECT_TRUE(answer.get_future().get());
}

TEST(StorePool, RefusesMoreThanMayWait) {
  MemoryStore store;
  std::promise<void> started, go;
  std::atomic<int> done = 0;
  {
    StorePool pool(store, 1, 2);
    ASSERT_TRUE(pool.post([&](Store&) {
      started.set_value();
      go.get_future().wait();
    }));
    started.get_future().wait();
    EXPECT_TRUE(pool.post([&](Store&) { ++done; }));
    EXPECT_TRUE(pool.post([&](Store&) { ++done; }));
    EXPECT_FALSE(pool.post([&](Store&) { ++done; }));
    go.set_value();
  }
  EXPECT_EQ(done, 2);
}

TEST(StorePool, DoesAllThatItTookBeforeItEnds) {
  MemoryStore store;
  std::atomic<int> done = 0;
  {
    StorePool pool(store, 3, 1000);
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(pool.post([&](Store&) { ++done; }));
    }
  }
  EXPECT_EQ(done, 500);
}

TEST(StorePool, HasAtLeastOneThread) {
  MemoryStore store;
  std::promise<void> called;
  StorePool pool(store, 0, 1);
  ASSERT_TRUE(pool.post([&](Store&) { called.set_value(); }));
  called.get_future().wait();
}

}  // namespace
}  // namespace moongate
