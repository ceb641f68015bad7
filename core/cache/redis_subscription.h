// One channel of Redis, on a connection of its own: a connection that has subscribed takes no other commands.
#pragma once

#include <memory>
#include <string>

#include "cache/cache.h"
#include "cache/redis_client.h"

namespace moongate {

class RedisSubscription final : public Subscription {
 public:
  // As RedisClient; of the options url, connect_ms, the pauses and the seed count. `channel` as Redis is to see it.
  RedisSubscription(Reactor& reactor, Resolver& resolver, std::unique_ptr<TlsClient> tls,
                    const RedisClientOptions& options, std::string channel, SubscriptionHandler handler, const Logger* log);
  // Its coroutine ends in the reactor's next turns (while a connection is being made: within connect_ms).
  ~RedisSubscription() override;
  RedisSubscription(const RedisSubscription&) = delete;
  RedisSubscription& operator=(const RedisSubscription&) = delete;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace moongate
