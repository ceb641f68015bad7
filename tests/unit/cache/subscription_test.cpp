// Publish, subscribe and scripts, in process and over a real Redis that comes and goes.
#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "cache/cache.h"
#include "redis_server.h"
#include "worker_loop.h"

namespace moongate {
namespace {

class SubscriptionTest : public ::testing::Test {
 protected:
  void open(const std::string& url, const std::string& ca_file = "") {
    CacheOptions options;
    options.timeout_ms = 5000;
    options.ca_file = ca_file;
    auto factory = open_cache(url, options, resolver_, &log_);
    ASSERT_TRUE(factory.ok()) << factory.error().describe();
    factory_ = std::move(*factory);
    cache_ = std::move(*factory_->make(loop_.reactor));
  }
  std::unique_ptr<Subscription> listen(const std::string& channel) {
    SubscriptionHandler handler;
    handler.on_message = [this](std::string_view message) { heard_.emplace_back(message); };
    handler.on_begin = [this] { ++begun_; };
    auto made = factory_->subscribe(loop_.reactor, channel, std::move(handler));
    EXPECT_TRUE(made.ok());
    return std::move(*made);
  }
  bool publish(std::string_view channel, std::string_view message) {
    return loop_.run(cache_->publish(channel, message)).ok();
  }
  void TearDown() override {
    subscription_.reset();
    cache_.reset();
    EXPECT_EQ(lines_.text().find("s3cret"), std::string::npos);
  }

  RedisServer server_;
  SystemClock clock_;
  MemorySink lines_;
  Logger log_{lines_, clock_, LogLevel::kDebug};
  Resolver resolver_{clock_, 1000, 1};
  WorkerLoop loop_{clock_};
  std::unique_ptr<CacheFactory> factory_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<Subscription> subscription_;
  std::vector<std::string> heard_;
  int begun_ = 0;
};

TEST_F(SubscriptionTest, InProcessEveryMessageOfTheChannelComesInOrderOnTheReactorsThread) {
  open("memory://");
  subscription_ = listen("keys");
  EXPECT_TRUE(publish("keys", "one"));
  EXPECT_TRUE(publish("others", "not mine"));
  std::thread elsewhere([&] {
    WorkerLoop other(clock_);
    auto cache = std::move(*factory_->make(other.reactor));
    EXPECT_TRUE(other.run(cache->publish("keys", std::string("t\0wo", 4))).ok());
  });
  elsewhere.join();
  ASSERT_TRUE(loop_.until([&] { return heard_.size() == 2; }));
  EXPECT_EQ(heard_[0], "one");
  EXPECT_EQ(heard_[1], std::string("t\0wo", 4));
  EXPECT_EQ(begun_, 0);
}

TEST_F(SubscriptionTest, InProcessNothingComesAfterItsEnd) {
  open("memory://");
  subscription_ = listen("keys");
  EXPECT_TRUE(loop_.run(cache_->publish("keys", "on its way")).ok());
  heard_.clear();
  ASSERT_TRUE(publish("keys", "late"));
  subscription_.reset();
  loop_.reactor.turn(0);
  loop_.reactor.turn(0);
  EXPECT_EQ(heard_.size(), 0U);
}

TEST_F(SubscriptionTest, OverRedisItCrossesProcessesByTcpAndByUnixSocket) {
  ASSERT_EQ(server_.start({"--requirepass", "s3cret"}), "");
  for (const std::string& url : {server_.tcp_url(":s3cret@"), "redis+unix://:s3cret@" + server_.socket()}) {
    heard_.clear();
    begun_ = 0;
    open(url);
    subscription_ = listen("keys");
    ASSERT_TRUE(loop_.until([&] { return begun_ == 1; }));
    EXPECT_TRUE(publish("keys", "hello"));
    EXPECT_TRUE(publish("other", "not mine"));
    EXPECT_TRUE(publish("keys", std::string(100'000, 'x')));
    ASSERT_TRUE(loop_.until([&] { return heard_.size() == 2; }));
    EXPECT_EQ(heard_[0], "hello");
    EXPECT_EQ(heard_[1].size(), 100'000U);
    subscription_.reset();
    cache_.reset();
  }
}

TEST_F(SubscriptionTest, AUserOfRedisNeedsOurKeysAndChannelsOnly) {
  ASSERT_EQ(server_.start({"--user", "gate", "on", ">s3cret", "~mg:*", "&mg:*", "+@all", "-@admin"}), "");
  open(server_.tcp_url("gate:s3cret@"));
  subscription_ = listen("keys");
  ASSERT_TRUE(loop_.until([&] { return begun_ == 1; }));
  EXPECT_TRUE(publish("keys", "hello"));
  ASSERT_TRUE(loop_.until([&] { return heard_.size() == 1; }));
  const std::string_view keys[] = {"k"};
  EXPECT_TRUE(loop_.run(cache_->eval(CacheScript("redis.call('SET', KEYS[1], 1) return {redis.call('TIME')}"), keys, {})).ok());
}

TEST_F(SubscriptionTest, OverTls) {
  ASSERT_EQ(server_.prepare_tls(), "");
  ASSERT_EQ(server_.start(), "");
  open("rediss://127.0.0.1:" + std::to_string(server_.tls_port()) + "/0", server_.directory() + "/ca.pem");
  subscription_ = listen("keys");
  ASSERT_TRUE(loop_.until([&] { return begun_ == 1; }));
  EXPECT_TRUE(publish("keys", "sealed"));
  ASSERT_TRUE(loop_.until([&] { return heard_.size() == 1; }));
}

TEST_F(SubscriptionTest, TellsThatItBeganAnewAfterRedisWasAway) {
  ASSERT_EQ(server_.start(), "");
  open(server_.tcp_url());
  subscription_ = listen("keys");
  ASSERT_TRUE(loop_.until([&] { return begun_ == 1; }));
  server_.kill();
  ASSERT_TRUE(loop_.until([&] { return lines_.text().find("the subscription is interrupted") != std::string::npos; }));
  ASSERT_EQ(server_.start(), "");
  ASSERT_TRUE(loop_.until([&] { return begun_ == 2; }));
  ASSERT_TRUE(loop_.until([&] { return publish("keys", "again"); }));
  ASSERT_TRUE(loop_.until([&] { return !heard_.empty(); }));
  EXPECT_EQ(heard_.back(), "again");
  EXPECT_NE(lines_.text().find("the subscription goes on"), std::string::npos);
}

class ScriptTest : public SubscriptionTest {
 protected:
  std::string eval(const CacheScript& script, std::vector<std::string_view> keys, std::vector<std::string_view> args) {
    const auto answer = loop_.run(cache_->eval(script, keys, args));
    if (!answer.ok()) return std::string(to_string(answer.error().kind)) + ": " + answer.error().message;
    std::string text;
    for (const std::int64_t number : *answer) text += std::to_string(number) + " ";
    return text;
  }
};

TEST_F(ScriptTest, RunsWithKeysAndArgumentsAndGivesIntegersOf64Bits) {
  ASSERT_EQ(server_.start(), "");
  open(server_.tcp_url());
  EXPECT_TRUE(cache_->scripts());
  const CacheScript script("redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('INCR', KEYS[1]), {redis.call('GET', KEYS[1]), #KEYS}}");
  EXPECT_EQ(eval(script, {"count", "b"}, {"9007199254740993"}), "9007199254740994 9007199254740994 2 ");
  EXPECT_EQ(eval(script, {"count"}, {"-5"}), "-4 -4 1 ");
  EXPECT_EQ(*loop_.run(cache_->get("count")), "-4") << "keys carry the cache's prefix";
  EXPECT_EQ(eval(CacheScript("return {}"), {}, {}), "");
}

TEST_F(ScriptTest, IsKnownAgainAfterRedisForgotIt) {
  ASSERT_EQ(server_.start(), "");
  open(server_.tcp_url());
  const CacheScript script("return 7");
  EXPECT_EQ(eval(script, {}, {}), "7 ");
  EXPECT_EQ(eval(CacheScript("redis.call('SCRIPT', 'FLUSH') return 1"), {}, {}).substr(0, 7), "invalid") << "not allowed in scripts";
  server_.kill();
  ASSERT_TRUE(loop_.until([&] { return !cache_->available(); }));
  EXPECT_EQ(eval(script, {}, {}).substr(0, 11), "unavailable");
  ASSERT_EQ(server_.start(), "");
  ASSERT_TRUE(loop_.until([&] { return cache_->available(); }));
  EXPECT_EQ(eval(script, {}, {}), "7 ");
}

TEST_F(ScriptTest, FailuresAreTold) {
  ASSERT_EQ(server_.start(), "");
  open(server_.tcp_url());
  EXPECT_EQ(eval(CacheScript("this is no Lua"), {}, {}), "invalid: cache: the script failed");
  EXPECT_EQ(eval(CacheScript("error('x')"), {}, {}), "invalid: cache: the script failed");
  EXPECT_EQ(eval(CacheScript("return 1"), {""}, {}), "invalid: cache: the key is empty");
  EXPECT_EQ(eval(CacheScript("return 'text'"), {}, {}).substr(0, 11), "unavailable");
  cache_.reset();
  open("memory://");
  EXPECT_FALSE(cache_->scripts());
  EXPECT_EQ(eval(CacheScript("return 1"), {}, {}), "invalid: cache: this one runs no scripts");
}

}  // namespace
}  // namespace moongate
