#include "cache/redis_url.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "cache/cache.h"

namespace moongate {
namespace {

RedisUrl parsed(const std::string& text) {
  auto url = parse_redis_url(text);
  EXPECT_TRUE(url.ok()) << text << ": " << url.error().describe();
  return url.ok() ? *url : RedisUrl();
}

TEST(RedisUrl, TakesHostPortAndDatabaseWithTheirDefaults) {
  const RedisUrl bare = parsed("redis://cache.internal");
  EXPECT_EQ(bare.host, "cache.internal");
  EXPECT_EQ(bare.port, 6379);
  EXPECT_EQ(bare.database, 0);
  EXPECT_FALSE(bare.tls);
  EXPECT_TRUE(bare.password.empty());
  const RedisUrl full = parsed("redis://10.0.0.1:7000/12");
  EXPECT_EQ(full.host, "10.0.0.1");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.database, 12);
  EXPECT_EQ(parsed("redis://h/").database, 0);
  EXPECT_EQ(parsed("redis://[::1]:7000/1").host, "::1");
  EXPECT_EQ(parsed("redis://[::1]").port, 6379);
  EXPECT_TRUE(parsed("rediss://h").tls);
}

TEST(RedisUrl, TakesUserAndPasswordDecoded) {
  const RedisUrl plain = parsed("redis://:secret@h");
  EXPECT_EQ(plain.user, "");
  EXPECT_EQ(plain.password.reveal(), "secret");
  const RedisUrl odd = parsed("rediss://gate:p%40ss%3A/%25:@x@h:1/2");
  EXPECT_EQ(odd.user, "gate");
  EXPECT_EQ(odd.password.reveal(), "p@ss:/%:@x");
  EXPECT_EQ(odd.host, "h");
  EXPECT_EQ(odd.database, 2);
}

TEST(RedisUrl, TakesAUnixSocket) {
  const RedisUrl bare = parsed("redis+unix:///run/redis/redis.sock");
  EXPECT_EQ(bare.unix_path, "/run/redis/redis.sock");
  EXPECT_EQ(bare.database, 0);
  const RedisUrl full = parsed("redis+unix://:secret@/run/redis%20x.sock?db=3");
  EXPECT_EQ(full.unix_path, "/run/redis x.sock");
  EXPECT_EQ(full.database, 3);
  EXPECT_EQ(full.password.reveal(), "secret");
}

TEST(RedisUrl, DescribesItselfWithoutTheSecret) {
  EXPECT_EQ(parsed("redis://:s3cret@h:7000/1").describe(), "redis://h:7000/1");
  EXPECT_EQ(parsed("rediss://u:s3cret@[::1]").describe(), "rediss://[::1]:6379/0");
  EXPECT_EQ(parsed("redis+unix://:s3cret@/a").describe(), "redis+unix:///a?db=0");
}

TEST(RedisUrl, RefusesWhatItCannotMeanAndNeverRepeatsThePassword) {
  const std::string long_path(120, 'x');
  for (const std::string& text :
       {std::string("redis://"), std::string("redis://:s3cret@"), std::string("redis://:s3cret@:6379"),
        std::string("redis://:s3cret@h:0"), std::string("redis://:s3cret@h:65536"), std::string("redis://:s3cret@h:x"),
        std::string("redis://:s3cret@h:"), std::string("redis://:s3cret@h/x"), std::string("redis://:s3cret@h/-1"),
        std::string("redis://:s3cret@h/1/2"), std::string("redis://s3cret@h"), std::string("redis://u:@h"),
        std::string("redis://:s3cret%4@h"), std::string("redis://:s3cret%zz@h"), std::string("redis://:s3cret@[::1"),
        std::string("redis://:s3cret@[::1]x"), std::string("redis://:s3cret@h h"), std::string("http://:s3cret@h"),
        std::string("redis+unix://:s3cret@relative"), std::string("redis+unix://:s3cret@/a?db=x"),
        std::string("redis+unix://:s3cret@/a?timeout=1"), "redis+unix://:s3cret@/" + long_path}) {
    const auto url = parse_redis_url(text);
    ASSERT_FALSE(url.ok()) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::kInvalid);
    EXPECT_TRUE(url.error().message.starts_with("cache.url: ")) << url.error().message;
    EXPECT_EQ(url.error().describe().find("s3cret"), std::string::npos) << url.error().message;
  }
}

TEST(OpenCache, ChoosesByTheScheme) {
  SystemClock clock;
  Resolver resolver(clock, 1000, 1);
  const auto describe = [&](const std::string& url) {
    auto factory = open_cache(url, CacheOptions(), resolver, nullptr);
    return factory.ok() ? (*factory)->describe() : "error: " + factory.error().message.substr(0, 10);
  };
  EXPECT_EQ(describe("memory://"), "memory");
  EXPECT_EQ(describe("redis://:x@127.0.0.1/4"), "redis://127.0.0.1:6379/4");
  EXPECT_EQ(describe("rediss://127.0.0.1"), "rediss://127.0.0.1:6379/0");
  EXPECT_EQ(describe("redis+unix:///a/b"), "redis+unix:///a/b?db=0");
  EXPECT_EQ(describe("memcached://h"), "error: cache.url:");
  EXPECT_EQ(describe(""), "error: cache.url:");
}

TEST(OpenCache, SaysWhenTheCaBundleCannotBeRead) {
  SystemClock clock;
  Resolver resolver(clock, 1000, 1);
  CacheOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  const auto factory = open_cache("rediss://h", options, resolver, nullptr);
  ASSERT_FALSE(factory.ok());
  EXPECT_NE(factory.error().describe().find("/nonexistent/ca.pem"), std::string::npos);
}

}  // namespace
}  // namespace moongate
