// The cache over a real Redis that is killed, restarted, slow, protected or of the wrong kind.
#include "cache/redis_cache.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "redis_server.h"
#include "worker_loop.h"

namespace moongate {
namespace {

class RedisCacheTest : public ::testing::Test {
 protected:
  void TearDown() override {
    cache_.reset();
    EXPECT_EQ(lines_.text().find("s3cret"), std::string::npos) << "the password is in the log";
  }

  std::unique_ptr<Cache> open(const std::string& url, int timeout_ms = 5000, const std::string& ca_file = "") {
    CacheOptions options;
    options.timeout_ms = timeout_ms;
    options.ca_file = ca_file;
    auto factory = open_cache(url, options, resolver_, &log_);
    EXPECT_TRUE(factory.ok()) << factory.error().describe();
    factories_.push_back(std::move(*factory));
    auto cache = factories_.back()->make(loop_.reactor);
    EXPECT_TRUE(cache.ok()) << cache.error().describe();
    return std::move(*cache);
  }
  template <class T>
  T run(Task<T> task) {
    return loop_.run(std::move(task));
  }
  // nullopt: nothing there. "unavailable", …: the failure.
  std::optional<std::string> get(Cache& cache, const std::string& key) {
    auto found = run(cache.get(key));
    if (!found.ok()) return std::string(to_string(found.error().kind));
    return *found;
  }
  std::string why(Cache& cache) {
    const auto found = run(cache.get("key"));
    return found.ok() ? "it works" : found.error().describe();
  }
  CacheCounters counters() const { return factories_.back()->counters(); }

  RedisServer server_;
  SystemClock clock_;
  MemorySink lines_;
  Logger log_{lines_, clock_, LogLevel::kDebug};
  Resolver resolver_{clock_, 1000, 1};
  WorkerLoop loop_{clock_};
  std::vector<std::unique_ptr<CacheFactory>> factories_;
  std::unique_ptr<Cache> cache_;
};

TEST_F(RedisCacheTest, GoesOnByItselfAfterRedisWasKilledAndRestarted) {
  for (const bool over_unix : {false, true}) {
    ASSERT_EQ(server_.start(), "");
    cache_ = open(over_unix ? server_.unix_url() : server_.tcp_url());
    ASSERT_TRUE(run(cache_->set("key", "value", 0)).ok());
    server_.kill();
    ASSERT_TRUE(loop_.until([&] { return !cache_->available(); }));
    const MonoMs begin = clock_.mono_ms();
    EXPECT_EQ(get(*cache_, "key"), "unavailable");
    EXPECT_EQ(get(*cache_, "key"), "unavailable");
    EXPECT_LT(clock_.mono_ms() - begin, 1000);  // at once, although timeout_ms is 5 s

    ASSERT_EQ(server_.start(), "");
    ASSERT_TRUE(loop_.until([&] { return cache_->available(); }));
    EXPECT_EQ(get(*cache_, "key"), std::nullopt);
    EXPECT_TRUE(run(cache_->set("key", "again", 0)).ok());
    EXPECT_EQ(get(*cache_, "key"), "again");
    EXPECT_GE(counters().reconnects, 1U);
    EXPECT_GE(counters().failures, 2U);
    EXPECT_EQ(counters().connected, 1U);
    cache_.reset();
    server_.kill();
  }
}

TEST_F(RedisCacheTest, FailsWhatIsUnderWayWhenRedisIsKilled) {
  ASSERT_EQ(server_.start(), "");
  cache_ = open(server_.tcp_url());
  auto sleeper = open(server_.tcp_url());
  ASSERT_EQ(why(*cache_), "it works");
  RedisClientOptions raw;
  raw.url = *parse_redis_url(server_.tcp_url());
  RedisClient client(loop_.reactor, resolver_, nullptr, raw, std::make_shared<RedisCounters>(), nullptr);
  struct Sleep {
    static Task<Result<RedisReply>> run(RedisClient& redis) { co_return co_await redis.call({"DEBUG", "SLEEP", "60"}); }
  };
  EXPECT_FALSE(run(Sleep::run(client)).ok());  // its own 50 ms are over: now nobody is answered
  std::optional<Result<std::optional<std::string>>> answer;
  spawn(WorkerLoop::keep(cache_->get("key"), answer));
  loop_.reactor.turn(0);
  EXPECT_FALSE(answer.has_value());
  const MonoMs begin = clock_.mono_ms();
  server_.kill();
  ASSERT_TRUE(loop_.until([&] { return answer.has_value(); }));
  EXPECT_LT(clock_.mono_ms() - begin, 2000);
  ASSERT_FALSE(answer->ok());
  EXPECT_EQ(answer->error().kind, ErrorKind::kUnavailable);
  sleeper.reset();
}

TEST_F(RedisCacheTest, WaitsNoLongerThanTheTimeoutForASlowRedisAndRecovers) {
  ASSERT_EQ(server_.start(), "");
  cache_ = open(server_.tcp_url(), 50);
  ASSERT_TRUE(loop_.until([&] { return counters().connected == 1; }));
  ASSERT_TRUE(run(cache_->set("key", "value", 0)).ok());
  RedisClientOptions raw;
  raw.url = *parse_redis_url(server_.tcp_url());
  raw.timeout_ms = 20'000;
  RedisClient client(loop_.reactor, resolver_, nullptr, raw, std::make_shared<RedisCounters>(), nullptr);
  struct Sleep {
    static Task<Result<RedisReply>> run(RedisClient& redis) { co_return co_await redis.call({"DEBUG", "SLEEP", "0.4"}); }
  };
  std::optional<Result<RedisReply>> slept;
  spawn(WorkerLoop::keep(Sleep::run(client), slept));
  // Redis sleeps as soon as it has read that; a question asked before may still be answered.
  ASSERT_TRUE(loop_.until([&] { return get(*cache_, "key") == "unavailable"; }));
  EXPECT_FALSE(slept.has_value()) << "the answer must not have waited for Redis";
  EXPECT_GE(counters().timeouts, 1U);
  const std::uint64_t timeouts = counters().timeouts;
  EXPECT_EQ(get(*cache_, "other"), "unavailable");
  EXPECT_EQ(counters().timeouts, timeouts) << "the second need not wait to learn it";

  ASSERT_TRUE(loop_.until([&] { return slept.has_value() && cache_->available(); }));
  EXPECT_EQ(get(*cache_, "other"), std::nullopt);
  EXPECT_EQ(get(*cache_, "key"), "value");
  EXPECT_EQ(counters().reconnects, 0U);
}

TEST_F(RedisCacheTest, LogsInWithThePassword) {
  ASSERT_EQ(server_.start({"--requirepass", "s3cret@%"}), "");
  cache_ = open(server_.tcp_url(":s3cret%40%25@"));
  EXPECT_TRUE(run(cache_->set("key", "value", 0)).ok());
  EXPECT_EQ(get(*cache_, "key"), "value");
}

TEST_F(RedisCacheTest, LogsInAsAUser) {
  ASSERT_EQ(server_.start({"--user", "gate", "on", ">s3cret", "~mg:*", "+@all"}), "");
  cache_ = open(server_.tcp_url("gate:s3cret@"));
  EXPECT_TRUE(run(cache_->set("key", "value", 0)).ok());
  EXPECT_EQ(get(*cache_, "key"), "value");
  EXPECT_EQ(*run(cache_->incr("count", 1, 60'000)), 1);
}

TEST_F(RedisCacheTest, SaysThatThePasswordIsWrongWithoutSayingIt) {
  ASSERT_EQ(server_.start({"--requirepass", "another"}), "");
  cache_ = open(server_.tcp_url(":s3cret@"));
  const std::string text = why(*cache_);
  EXPECT_NE(text.find("refused the password in cache.url"), std::string::npos) << text;
  EXPECT_EQ(text.find("s3cret"), std::string::npos);
  EXPECT_NE(lines_.text().find("refused the password in cache.url"), std::string::npos) << lines_.text();
}

TEST_F(RedisCacheTest, SaysThatAPasswordIsMissing) {
  ASSERT_EQ(server_.start({"--requirepass", "another"}), "");
  cache_ = open(server_.tcp_url());
  const std::string text = why(*cache_);
  EXPECT_NE(text.find("write it into cache.url"), std::string::npos) << text;
}

TEST_F(RedisCacheTest, KeepsDatabasesApart) {
  ASSERT_EQ(server_.start(), "");
  cache_ = open(server_.tcp_url("", 0));
  auto third = open(server_.tcp_url("", 3));
  auto third_by_unix = open(server_.unix_url(3));
  ASSERT_TRUE(run(third->set("key", "of three", 0)).ok());
  EXPECT_EQ(get(*cache_, "key"), std::nullopt);
  EXPECT_EQ(get(*third_by_unix, "key"), "of three");
}

TEST_F(RedisCacheTest, SaysThatADatabaseDoesNotExist) {
  ASSERT_EQ(server_.start(), "");
  cache_ = open(server_.tcp_url("", 99));
  const std::string text = why(*cache_);
  EXPECT_NE(text.find("no database 99"), std::string::npos) << text;
}

TEST_F(RedisCacheTest, SaysWhereNobodyListens) {
  ASSERT_EQ(server_.start(), "");
  const std::string tcp = server_.tcp_url();
  const std::string by_unix = server_.unix_url();
  server_.kill();
  cache_ = open(tcp);
  EXPECT_NE(why(*cache_).find("127.0.0.1:" + std::to_string(server_.port())), std::string::npos);
  EXPECT_NE(lines_.text().find(tcp), std::string::npos) << lines_.text();
  cache_ = open(by_unix);
  EXPECT_EQ(get(*cache_, "key"), "unavailable");
  EXPECT_NE(lines_.text().find(by_unix), std::string::npos) << lines_.text();
}

TEST_F(RedisCacheTest, PutsItsKeysUnderItsPrefixAndRespectsOtherTypes) {
  ASSERT_EQ(server_.start(), "");
  cache_ = open(server_.tcp_url());
  ASSERT_TRUE(run(cache_->set("key", "value", 0)).ok());
  RedisClientOptions raw;
  raw.url = *parse_redis_url(server_.tcp_url());
  raw.timeout_ms = 5000;
  RedisClient client(loop_.reactor, resolver_, nullptr, raw, std::make_shared<RedisCounters>(), nullptr);
  struct Ask {
    static Task<std::string> get(RedisClient& redis) {
      auto reply = co_await redis.call({"GET", "mg:key"});
      co_return reply.ok() ? reply->text : reply.error().describe();
    }
    static Task<bool> push(RedisClient& redis) { co_return (co_await redis.call({"LPUSH", "mg:list", "x"})).ok(); }
  };
  EXPECT_EQ(run(Ask::get(client)), "value");
  EXPECT_TRUE(run(Ask::push(client)));
  EXPECT_EQ(get(*cache_, "list"), "invalid");
  const auto sum = run(cache_->incr("list", 1, 1000));
  ASSERT_FALSE(sum.ok());
  EXPECT_EQ(sum.error().kind, ErrorKind::kInvalid);
  EXPECT_TRUE(run(cache_->set("list", "now a value", 0)).ok());
}

TEST_F(RedisCacheTest, IsUnavailableWhenRedisMayNotWrite) {
  ASSERT_EQ(server_.start({"--user", "default", "on", "nopass", "~*", "+@all", "-set"}), "");
  cache_ = open(server_.tcp_url());
  const Status done = run(cache_->set("key", "a value that no error may repeat", 0));
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(done.error().describe().find("NOPERM"), std::string::npos);
  EXPECT_EQ(done.error().describe().find("repeat"), std::string::npos);
  EXPECT_EQ(get(*cache_, "key"), std::nullopt);
}

TEST_F(RedisCacheTest, SpeaksTlsAndVerifiesTheServer) {
  ASSERT_EQ(server_.prepare_tls(), "");
  ASSERT_EQ(server_.start({"--requirepass", "s3cret"}), "");
  const std::string url = "rediss://:s3cret@127.0.0.1:" + std::to_string(server_.tls_port());
  cache_ = open(url, 5000, server_.directory() + "/ca.pem");
  EXPECT_TRUE(run(cache_->set("key", std::string(300'000, 'x'), 0)).ok());
  EXPECT_EQ(get(*cache_, "key"), std::string(300'000, 'x'));

  cache_ = open(url, 5000);  // the system's authorities do not know it
  const std::string text = why(*cache_);
  EXPECT_NE(text.find("certificate"), std::string::npos) << text;
}

}  // namespace
}  // namespace moongate
