#include "store/connection_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace moongate {
namespace {

// A server that can be turned off, and connections that notice.
struct FakeServer {
  std::atomic<bool> up = true;
  std::atomic<int> generation = 0;  // raised when it restarts
  std::atomic<int> connects = 0;    // tried
  std::atomic<int> live = 0;
};

class FakeConnection final : public PooledConnection {
 public:
  explicit FakeConnection(FakeServer& server) : server_(server), born_(server.generation) { ++server_.live; }
  ~FakeConnection() override { --server_.live; }

  SqlDialect dialect() const override { return SqlDialect::kMysql; }
  bool transactional_schema() const override { return false; }
  Result<std::vector<SqlRow>> query(std::string_view, const SqlRow&) override {
    if (Status ok = reach(); !ok) return ok.error();
    untouched_ = false;
    return std::vector<SqlRow>();
  }
  Result<std::int64_t> execute(std::string_view, const SqlRow&) override {
    if (Status ok = reach(); !ok) return ok.error();
    untouched_ = false;
    return 0;
  }
  Status each(std::string_view, const std::function<Status(const SqlRow&)>&) override { return reach(); }
  Result<bool> insert(std::string_view, const SqlRow&) override { return true; }
  Result<std::vector<SqlColumn>> columns(std::string_view) override { return std::vector<SqlColumn>(); }
  Result<bool> alone() override { return true; }
  Status begin(SqlIsolation) override { return reach(); }
  Status commit() override { return reach(); }
  void rollback() override {}
  void lend() override { untouched_ = true; }
  bool broken() const override { return broken_; }
  bool untouched() const override { return untouched_; }
  bool alive() override { return reach().ok(); }

 private:
  Status reach() {
    if (server_.up && server_.generation == born_) return {};
    broken_ = true;
    return Error(ErrorKind::kUnavailable, "lost");
  }
  FakeServer& server_;
  int born_;
  bool broken_ = false;
  bool untouched_ = true;
};

struct Pool : testing::Test {
  FakeServer server;
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  PoolLimits limits;
  std::unique_ptr<ConnectionPool> pool;

  void SetUp() override { make(); }
  void make() {
    pool = std::make_unique<ConnectionPool>(
        "mysql", "u@h:1/d",
        [this]() -> Result<std::unique_ptr<PooledConnection>> {
          ++server.connects;
          if (!server.up) return Error(ErrorKind::kUnavailable, "nobody listens");
          return std::unique_ptr<PooledConnection>(new FakeConnection(server));
        },
        limits, clock);
  }
  Status ask() {
    return pool->run([](SqlConnection& connection) -> Status {
      const auto rows = connection.query("SELECT 1", {});
      return rows ? Status() : Status(rows.error());
    });
  }
  void restart() {
    ++server.generation;
    server.up = true;
  }
};

TEST_F(Pool, UsesOneConnectionAgainAndAgain) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask().ok());
  EXPECT_EQ(server.connects, 1);
}

TEST_F(Pool, MakesNoMoreConnectionsThanItMay) {
  limits.connections = 3;
  make();
  std::vector<std::thread> threads;
  std::atomic<int> inside = 0, most = 0, failed = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 50; ++n) {
        const Status ok = pool->run([&](SqlConnection&) -> Status {
          const int now = ++inside;
          int seen = most;
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          std::this_thread::yield();
          --inside;
          return {};
        });
        failed += ok ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_LE(most, 3);
  EXPECT_LE(server.connects, 3);
}

TEST_F(Pool, SaysThatAllAreBusyAndNamesTheSetting) {
  limits.connections = 1;
  limits.wait_ms = 20;
  make();
  std::promise<void> taken, done;
  std::thread holder([&] {
    EXPECT_TRUE(pool->run([&](SqlConnection&) -> Status {
                      taken.set_value();
                      done.get_future().wait();
                      return {};
                    })
                    .ok());
  });
  taken.get_future().wait();
  const Status refused = ask();
  done.set_value();
  holder.join();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(refused.error().message.find("store.connections"), std::string::npos);
  EXPECT_TRUE(ask().ok());
}

TEST_F(Pool, AsksAgainOnANewConnectionWhenTheOldOneDiedIdle) {
  ASSERT_TRUE(ask().ok());
  restart();
  clock->advance_ms(limits.check_idle_ms);
  EXPECT_TRUE(ask().ok());
  EXPECT_EQ(server.connects, 2);
}

TEST_F(Pool, BeginsAgainWhenNothingCanHaveBeenDone) {
  ASSERT_TRUE(ask().ok());
  restart();
  EXPECT_TRUE(ask().ok());  // within check_idle_ms: found out by the statement
  EXPECT_EQ(server.live, 1);
}

TEST_F(Pool, DoesNotBeginAgainWhatMayHaveBeenDone) {
  ASSERT_TRUE(ask().ok());
  int calls = 0;
  const Status lost = pool->run([&](SqlConnection& connection) -> Status {
    ++calls;
    EXPECT_TRUE(connection.execute("INSERT", {}).ok());
    restart();
    const auto second = connection.execute("INSERT", {});
    return second ? Status() : Status(second.error());
  });
  EXPECT_EQ(lost.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(ask().ok());
}

TEST_F(Pool, AnswersAtOnceWhileTheServerIsAwayAndTriesInGrowingPauses) {
  ASSERT_TRUE(ask().ok());
  server.up = false;
  for (int i = 0; i < limits.failures; ++i) EXPECT_FALSE(ask().ok());
  const int tried = server.connects;
  const Status refused = ask();
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(refused.error().message.find("u@h:1/d is away (nobody listens); the next attempt is in 250 ms"),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(server.connects, tried);
  std::int64_t pause_ms = limits.first_pause_ms;
  for (int round = 0; round < 8; ++round) {
    clock->advance_ms(pause_ms - 1);
    EXPECT_FALSE(ask().ok());
    EXPECT_EQ(server.connects, tried + round) << round;
    clock->advance_ms(1);
    EXPECT_FALSE(ask().ok());
    EXPECT_EQ(server.connects, tried + round + 1) << round;
    pause_ms = std::min(2 * pause_ms, limits.longest_pause_ms);
  }
  restart();
  EXPECT_FALSE(ask().ok());
  clock->advance_ms(pause_ms);
  EXPECT_TRUE(ask().ok());
  EXPECT_TRUE(ask().ok());
  EXPECT_EQ(server.live, 1);
}

TEST_F(Pool, DropsWhatIsIdleWithTheFirstThatIsLost) {
  std::promise<void> both;
  std::atomic<int> inside = 0;
  std::vector<std::thread> threads;
  const auto done = both.get_future().share();
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      EXPECT_TRUE(pool->run([&](SqlConnection&) -> Status {
                        if (++inside == 2) both.set_value();
                        done.wait();
                        return {};
                      })
                      .ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(server.live, 2);
  server.up = false;
  EXPECT_FALSE(ask().ok());
  EXPECT_EQ(server.live, 0);
}

}  // namespace
}  // namespace moongate
