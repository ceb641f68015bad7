// The cache contract over Redis.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "cache/cache.h"
#include "cache/redis_client.h"

namespace moongate {

class RedisCacheFactory final : public CacheFactory {
 public:
  // `options.seed` is the first worker's; the others' follow from it. `ca_file` as in CacheOptions.
  RedisCacheFactory(RedisClientOptions options, std::string ca_file, Resolver& resolver, const Logger* log)
      : options_(std::move(options)), ca_file_(std::move(ca_file)), resolver_(resolver), log_(log) {}

  Result<std::unique_ptr<Cache>> make(Reactor& reactor) override;
  Result<std::unique_ptr<Subscription>> subscribe(Reactor& reactor, std::string channel,
                                                  SubscriptionHandler handler) override;
  CacheCounters counters() const override;
  std::string describe() const override { return options_.url.describe(); }

 private:
  Result<std::unique_ptr<TlsClient>> tls() const;  // null where there is none
  // So that workers do not reconnect in step.
  std::uint64_t next_seed();

  const RedisClientOptions options_;
  const std::string ca_file_;
  Resolver& resolver_;
  const Logger* const log_;
  mutable std::mutex mutex_;
  std::uint64_t seeds_ = 0;
  std::vector<std::shared_ptr<RedisCounters>> counters_;  // one each worker
};

}  // namespace moongate
