// Places for workers: how many at once, who is next, what a failure does.
#include "chat/worker_pool.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/log.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

const std::function<bool()> kStays = [] { return false; };

class Pool : public testing::Test {
 protected:
  Pool() {
    std::string name = (fs::temp_directory_path() / "moongate-pool-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    settings.command = "cat";
    settings.processes = 1;
    settings.queue = 3;
    sink = std::move(*open_line_sink("off"));
    log = std::make_unique<Logger>(*sink, clock, LogLevel::kError);
  }
  ~Pool() override { fs::remove_all(folder); }
  WorkerPool& open() {
    pool = std::move(*WorkerPool::open(settings, folder / "workers", clock, random, *log));
    return *pool;
  }
  void await_waiting(int count) {
    while (pool->health().waiting != count) std::this_thread::yield();
  }

  fs::path folder;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<LineSink> sink;
  std::unique_ptr<Logger> log;
  Settings::CliWorkers settings;
  std::unique_ptr<WorkerPool> pool;
};

TEST_F(Pool, LetsOwnersTakeTurns) {
  WorkerPool& places = open();
  auto held = std::move(*places.take("a", "cli-x", kStays));
  std::mutex mutex;
  std::vector<std::string> order;
  std::vector<std::thread> others;
  const auto wait_as = [&](const std::string& owner, const std::string& name) {
    const int before = places.health().waiting;
    others.emplace_back([&places, &mutex, &order, owner, name] {
      auto place = places.take(owner, "cli-x", kStays);
      ASSERT_TRUE(place.ok());
      const std::lock_guard lock(mutex);
      order.push_back(name);
    });
    await_waiting(before + 1);
  };
  wait_as("a", "a2");
  wait_as("a", "a3");
  wait_as("b", "b1");
  EXPECT_EQ(places.take("c", "cli-x", kStays).error().kind, ErrorKind::kRateLimited);
  held.reset();
  for (std::thread& each : others) each.join();
  EXPECT_EQ(order, (std::vector<std::string>{"a2", "b1", "a3"}));
  EXPECT_EQ(places.health().refused, 1U);
  EXPECT_EQ(places.health().running, 0);
}

TEST_F(Pool, ForgetsWhoLeavesTheLine) {
  WorkerPool& places = open();
  auto held = std::move(*places.take("a", "cli-x", kStays));
  EXPECT_EQ(places.take("b", "cli-x", [] { return true; }).error().kind, ErrorKind::kCanceled);
  EXPECT_EQ(places.health().waiting, 0);
  held.reset();
  EXPECT_TRUE(places.take("c", "cli-x", kStays).ok());
}

TEST_F(Pool, GivesUpWaitingAfterTheTimeOfAnAnswer) {
  settings.timeout_ms = 1;
  WorkerPool& places = open();
  auto held = std::move(*places.take("a", "cli-x", kStays));
  EXPECT_EQ(places.take("b", "cli-x", kStays).error().kind, ErrorKind::kTimeout);
}

TEST_F(Pool, PausesWhenAProcessCannotBeginAndTellsWhy) {
  settings.command = "there-is-no-such-program";
  WorkerPool& places = open();
  EXPECT_EQ(places.take("a", "cli-x", kStays).error().kind, ErrorKind::kUnavailable);
  const WorkerPool::Health health = places.health();
  EXPECT_GT(health.paused_ms, 0);
  EXPECT_EQ(health.failed, 1U);
  EXPECT_NE(health.last_failure.find("there-is-no-such-program"), std::string::npos);
  EXPECT_EQ(health.running, 0);
}

TEST_F(Pool, PausesNotForWhatFailedInTheMiddle) {
  WorkerPool& places = open();
  auto held = std::move(*places.take("a", "cli-x", kStays));
  held->failed("it had a bad day", true);
  EXPECT_EQ(places.health().paused_ms, 0);
  held->failed("it never said a word", false);
  EXPECT_GT(places.health().paused_ms, 0);
  held->done();
  EXPECT_EQ(places.health().paused_ms, 0);
}

TEST_F(Pool, TakesAwayTheFoldersOfAnEarlierLife) {
  fs::create_directories(folder / "workers" / "left-behind");
  WorkerPool& places = open();
  EXPECT_FALSE(fs::exists(folder / "workers" / "left-behind"));
  auto held = std::move(*places.take("a", "cli-x", kStays));
  const fs::path own = fs::directory_iterator(folder / "workers")->path();
  EXPECT_EQ(fs::status(own).permissions(), fs::perms::owner_all);
  held.reset();
  EXPECT_TRUE(fs::is_empty(folder / "workers"));
}

TEST_F(Pool, ServesModelsOfThePatternsThatAreNoOptions) {
  settings.models = "cli-*,-odd";
  WorkerPool& places = open();
  EXPECT_TRUE(places.serves("cli-a"));
  EXPECT_FALSE(places.serves("cli-a b"));
  EXPECT_FALSE(places.serves("-odd"));
  EXPECT_FALSE(places.serves("claude"));
}

}  // namespace
}  // namespace moongate
