#include "cache/redis_cache.h"

#include <algorithm>
#include <charconv>

#include "cache/cache_arguments.h"
#include "cache/redis_link.h"
#include "cache/redis_subscription.h"

namespace moongate {
namespace {

constexpr std::string_view kPrefix = "mg:";           // what is ours in a Redis that others use, too
constexpr std::int64_t kLongestTtlMs = 1LL << 50;     // 35,000 years: Redis refuses deadlines past 2^63

// Alone, a counter made by INCRBY would live for ever, and one made by SET NX could expire just before its INCRBY. The
// sum is read back as text: a Lua number has only 53 bits.
constexpr std::string_view kIncrementNew =
    "redis.call('SET',KEYS[1],0,'NX','PX',ARGV[2]) redis.call('INCRBY',KEYS[1],ARGV[1]) return redis.call('GET',KEYS[1])";

// A number as decimal text.
class Digits {
 public:
  explicit Digits(std::int64_t number) : end_(std::to_chars(text_, text_ + sizeof text_, number).ptr) {}
  std::string_view view() const { return {text_, static_cast<std::size_t>(end_ - text_)}; }

 private:
  char text_[24];
  char* end_;
};

class RedisCache final : public Cache {
 public:
  RedisCache(Reactor& reactor, Resolver& resolver, std::unique_ptr<TlsClient> tls, const RedisClientOptions& options,
             std::shared_ptr<RedisCounters> counters, const Logger* log)
      : client_(reactor, resolver, std::move(tls), options, counters, log), counters_(std::move(counters)) {}

  bool available() const override { return client_.available(); }
  bool scripts() const override { return true; }

  Task<Result<std::vector<std::int64_t>>> eval(const CacheScript& script, std::span<const std::string_view> keys,
                                               std::span<const std::string_view> args) override {
    for (const std::string_view key : keys) {
      if (!cache_key_allowed(key)) co_return cache_argument_error(key, {}, 0);
    }
    // The caller keeps `keys` and `args` until the end, and needs them for the second attempt.
    Result<RedisReply> reply = co_await call_script("EVALSHA", script.sha1(), keys, args);
    if (reply && reply->type == RedisReply::Type::kError && reply->text.starts_with("NOSCRIPT")) {
      reply = co_await call_script("EVAL", script.text(), keys, args);
    }
    if (!reply) co_return std::move(reply).error();
    std::vector<std::int64_t> numbers;
    if (reply->type != RedisReply::Type::kError && append_integers(*reply, numbers)) co_return numbers;
    co_return failure(*reply);
  }

  Task<Status> publish(std::string_view channel, std::string_view message) override {
    if (!allowed(channel, message, 0)) co_return cache_argument_error(channel, message, 0);
    Result<RedisReply> reply = co_await client_.call({"PUBLISH", prefixed(channel), message});
    if (!reply) co_return std::move(reply).error();
    if (reply->type != RedisReply::Type::kInteger) co_return failure(*reply);
    co_return Status();
  }

  Task<Result<std::optional<std::string>>> get(std::string_view key) override {
    if (!cache_key_allowed(key)) co_return cache_argument_error(key, {}, 0);
    Result<RedisReply> reply = co_await client_.call({"GET", prefixed(key)});
    if (!reply) co_return std::move(reply).error();
    if (reply->type == RedisReply::Type::kNil) co_return std::optional<std::string>();
    if (reply->type != RedisReply::Type::kText) co_return failure(*reply);
    co_return std::optional<std::string>(std::move(reply->text));
  }

  Task<Status> set(std::string_view key, std::string_view value, std::int64_t ttl_ms) override {
    if (!allowed(key, value, ttl_ms)) co_return cache_argument_error(key, value, ttl_ms);
    const Digits ttl(std::min(ttl_ms, kLongestTtlMs));
    Result<RedisReply> reply = ttl_ms > 0 ? co_await client_.call({"SET", prefixed(key), value, "PX", ttl.view()})
                                          : co_await client_.call({"SET", prefixed(key), value});
    if (!reply) co_return std::move(reply).error();
    if (reply->type != RedisReply::Type::kStatus) co_return failure(*reply);
    co_return Status();
  }

  Task<Result<bool>> add(std::string_view key, std::string_view value, std::int64_t ttl_ms) override {
    if (!allowed(key, value, ttl_ms)) co_return cache_argument_error(key, value, ttl_ms);
    const Digits ttl(std::min(ttl_ms, kLongestTtlMs));
    Result<RedisReply> reply = ttl_ms > 0
                                   ? co_await client_.call({"SET", prefixed(key), value, "NX", "PX", ttl.view()})
                                   : co_await client_.call({"SET", prefixed(key), value, "NX"});
    if (!reply) co_return std::move(reply).error();
    if (reply->type == RedisReply::Type::kNil) co_return false;
    if (reply->type != RedisReply::Type::kStatus) co_return failure(*reply);
    co_return true;
  }

  Task<Result<bool>> erase(std::string_view key) override {
    if (!cache_key_allowed(key)) co_return cache_argument_error(key, {}, 0);
    Result<RedisReply> reply = co_await client_.call({"DEL", prefixed(key)});
    if (!reply) co_return std::move(reply).error();
    if (reply->type != RedisReply::Type::kInteger) co_return failure(*reply);
    co_return reply->integer > 0;
  }

  Task<Result<std::int64_t>> incr(std::string_view key, std::int64_t by, std::int64_t ttl_ms_if_new) override {
    if (!allowed(key, {}, ttl_ms_if_new)) co_return cache_argument_error(key, {}, ttl_ms_if_new);
    const Digits amount(by);
    const Digits ttl(std::min(ttl_ms_if_new, kLongestTtlMs));
    Result<RedisReply> reply =
        ttl_ms_if_new > 0
            ? co_await client_.call({"EVAL", kIncrementNew, "1", prefixed(key), amount.view(), ttl.view()})
            : co_await client_.call({"INCRBY", prefixed(key), amount.view()});
    if (!reply) co_return std::move(reply).error();
    if (reply->type == RedisReply::Type::kInteger) co_return reply->integer;
    std::int64_t sum = 0;
    if (reply->type == RedisReply::Type::kText &&
        std::from_chars(reply->text.data(), reply->text.data() + reply->text.size(), sum).ec == std::errc()) {
      co_return sum;
    }
    co_return failure(*reply);
  }

 private:
  static bool allowed(std::string_view key, std::string_view value, std::int64_t ttl_ms) {
    return cache_key_allowed(key) && cache_value_allowed(value) && ttl_ms >= 0;
  }

  RedisClient::Call call_script(std::string_view verb, std::string_view script, std::span<const std::string_view> keys,
                                std::span<const std::string_view> args) {
    const Digits count(static_cast<std::int64_t>(keys.size()));
    key_.clear();
    for (const std::string_view key : keys) key_.append(kPrefix).append(key);
    words_.assign({verb, script, count.view()});
    std::size_t at = 0;
    for (const std::string_view key : keys) {
      words_.push_back(std::string_view(key_).substr(at, kPrefix.size() + key.size()));
      at += kPrefix.size() + key.size();
    }
    words_.insert(words_.end(), args.begin(), args.end());
    return client_.call(std::span<const std::string_view>(words_));
  }

  static bool append_integers(const RedisReply& reply, std::vector<std::int64_t>& out) {
    if (reply.type == RedisReply::Type::kArray) {
      return std::all_of(reply.elements.begin(), reply.elements.end(),
                         [&](const RedisReply& element) { return append_integers(element, out); });
    }
    std::int64_t number = reply.integer;
    if (reply.type == RedisReply::Type::kText) {
      const char* end = reply.text.data() + reply.text.size();
      const auto parsed = std::from_chars(reply.text.data(), end, number);
      if (parsed.ec != std::errc() || parsed.ptr != end) return false;
    } else if (reply.type != RedisReply::Type::kInteger) {
      return false;
    }
    out.push_back(number);
    return true;
  }

  // Valid until the next call: commands are copied before anybody else runs.
  std::string_view prefixed(std::string_view key) {
    key_.assign(kPrefix);
    key_ += key;
    return key_;
  }

  // Redis's refusals of an argument are the caller's; all others (LOADING, OOM, READONLY, NOPERM, …) mean that it cannot
  // serve now. Their text may quote arguments: only its first word is passed on.
  Error failure(const RedisReply& reply) {
    const std::string& text = reply.text;
    if (reply.type == RedisReply::Type::kError) {
      if (text.find("not an integer") != std::string::npos || text.find("overflow") != std::string::npos) {
        return cache_not_an_integer();
      }
      if (text.find("Error compiling script") != std::string::npos || text.find("user_script") != std::string::npos) {
        return Error(ErrorKind::kInvalid, "cache: the script failed");
      }
      if (text.starts_with("WRONGTYPE")) {
        return Error(ErrorKind::kInvalid, "cache: the key holds another type of Redis value");
      }
    }
    counters_->failures.fetch_add(1, std::memory_order_relaxed);
    if (reply.type != RedisReply::Type::kError) return Error(ErrorKind::kUnavailable, "Redis gave an unexpected answer");
    return Error(ErrorKind::kUnavailable, "Redis refused a command (" + std::string(redis_error_word(text)) + ")");
  }

  RedisClient client_;
  const std::shared_ptr<RedisCounters> counters_;
  std::string key_;                      // reused,
  std::vector<std::string_view> words_;  //   both
};

}  // namespace

Result<std::unique_ptr<Cache>> RedisCacheFactory::make(Reactor& reactor) {
  auto session = tls();
  if (!session) return session.error();
  RedisClientOptions options = options_;
  options.seed = next_seed();
  auto counters = std::make_shared<RedisCounters>();
  {
    std::lock_guard lock(mutex_);
    counters_.push_back(counters);
  }
  return std::unique_ptr<Cache>(
      std::make_unique<RedisCache>(reactor, resolver_, std::move(*session), options, std::move(counters), log_));
}

Result<std::unique_ptr<Subscription>> RedisCacheFactory::subscribe(Reactor& reactor, std::string channel,
                                                                   SubscriptionHandler handler) {
  if (!cache_key_allowed(channel)) return cache_argument_error(channel, {}, 0);
  auto session = tls();
  if (!session) return session.error();
  RedisClientOptions options = options_;
  options.seed = next_seed();
  return std::unique_ptr<Subscription>(std::make_unique<RedisSubscription>(
      reactor, resolver_, std::move(*session), options, std::string(kPrefix) + channel, std::move(handler), log_));
}

Result<std::unique_ptr<TlsClient>> RedisCacheFactory::tls() const {
  if (!options_.url.tls) return std::unique_ptr<TlsClient>();
  auto created = TlsClient::create(ca_file_);
  if (!created) return created.error().wrap("cache.url: cannot prepare TLS");
  return created;
}

std::uint64_t RedisCacheFactory::next_seed() {
  std::lock_guard lock(mutex_);
  return options_.seed + seeds_++ * 0x9E3779B97F4A7C15u;
}

CacheCounters RedisCacheFactory::counters() const {
  CacheCounters sum;
  std::lock_guard lock(mutex_);
  for (const auto& each : counters_) {
    const std::uint64_t connects = each->connects.load(std::memory_order_relaxed);
    sum.commands += each->commands.load(std::memory_order_relaxed);
    sum.failures += each->failures.load(std::memory_order_relaxed);
    sum.timeouts += each->timeouts.load(std::memory_order_relaxed);
    sum.reconnects += connects > 0 ? connects - 1 : 0;
    sum.connected += each->connected.load(std::memory_order_relaxed) ? 1 : 0;
  }
  return sum;
}

}  // namespace moongate
