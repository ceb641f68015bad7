// The cache contract, held over the in-process cache and a real Redis by TCP and by unix socket.
#include "cache_contract.h"

#include <algorithm>
#include <limits>

#include "base/clock.h"
#include "cache/redis_client.h"
#include "redis_server.h"

namespace moongate {
namespace {

class MemoryUnderTest final : public CacheUnderTest {
 public:
  std::string prepare() override {
    auto factory = open_cache("memory://", CacheOptions(), resolver_, nullptr);
    if (!factory) return factory.error().describe();
    factory_ = std::move(*factory);
    return "";
  }
  WorkerLoop& loop() override { return loop_; }
  std::unique_ptr<Cache> worker() override { return std::move(*factory_->make(loop_.reactor)); }
  void advance_ms(std::int64_t ms) override {
    clock_.advance_ms(ms);
    loop_.reactor.turn(0);
  }

 private:
  ManualClock clock_;
  Resolver resolver_{clock_, 1000, 1};
  WorkerLoop loop_{clock_};
  std::unique_ptr<CacheFactory> factory_;
};

// One server for all cases of a process, emptied before each.
class RedisUnderTest final : public CacheUnderTest {
 public:
  explicit RedisUnderTest(bool over_unix) : over_unix_(over_unix) {}

  std::string prepare() override {
    static RedisServer server;
    static const std::string problem = server.start();
    if (!problem.empty()) return problem;
    CacheOptions options;
    options.timeout_ms = 5000;  // a busy machine is not what this suite is about
    const std::string url = over_unix_ ? server.unix_url() : server.tcp_url();
    auto factory = open_cache(url, options, resolver_, nullptr);
    if (!factory) return factory.error().describe();
    factory_ = std::move(*factory);
    RedisClientOptions raw;
    raw.url = *parse_redis_url(url);
    raw.timeout_ms = 5000;
    redis_ = std::make_unique<RedisClient>(loop_.reactor, resolver_, nullptr, raw, std::make_shared<RedisCounters>(),
                                           nullptr);
    return ask({"FLUSHALL"}) ? "" : "FLUSHALL failed";
  }
  WorkerLoop& loop() override { return loop_; }
  std::unique_ptr<Cache> worker() override { return std::move(*factory_->make(loop_.reactor)); }

  // Redis has its own clock: instead of time passing, every deadline moves closer.
  void advance_ms(std::int64_t ms) override {
    constexpr std::string_view kScript =
        "for _, key in ipairs(redis.call('KEYS', '*')) do\n"
        "  local left = redis.call('PTTL', key)\n"
        "  if left >= 0 and left <= tonumber(ARGV[1]) then redis.call('DEL', key)\n"
        "  elseif left >= 0 then redis.call('PEXPIRE', key, string.format('%.0f', left - tonumber(ARGV[1]))) end\n"
        "end return 'done'";
    EXPECT_TRUE(ask({"EVAL", kScript, "0", std::to_string(ms)}));
  }

 private:
  static Task<bool> call(RedisClient& redis, std::vector<std::string> words) {
    Result<RedisReply> reply = RedisReply();
    if (words.size() == 1) {
      reply = co_await redis.call({words[0]});
    } else {
      reply = co_await redis.call({words[0], words[1], words[2], words[3]});
    }
    EXPECT_TRUE(reply.ok()) << reply.error().describe();
    EXPECT_EQ(reply.ok() && reply->type == RedisReply::Type::kError ? reply->text : "", "");
    co_return reply.ok() && reply->type != RedisReply::Type::kError;
  }
  bool ask(std::initializer_list<std::string_view> words) {
    return loop_.run(call(*redis_, std::vector<std::string>(words.begin(), words.end())));
  }

  const bool over_unix_;
  SystemClock clock_;
  Resolver resolver_{clock_, 1000, 1};
  WorkerLoop loop_{clock_};
  std::unique_ptr<CacheFactory> factory_;
  std::unique_ptr<RedisClient> redis_;
};

INSTANTIATE_TEST_SUITE_P(
    EveryCache, CacheContract,
    ::testing::Values(CacheKind{"InProcess", [] { return std::make_unique<MemoryUnderTest>(); }},
                      CacheKind{"RedisOverTcp", [] { return std::make_unique<RedisUnderTest>(false); }},
                      CacheKind{"RedisOverUnixSocket", [] { return std::make_unique<RedisUnderTest>(true); }}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace moongate
