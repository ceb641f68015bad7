// The in-process cache: one store for all workers, never waits.
#pragma once

#include <memory>

#include "cache/bounded_store.h"
#include "cache/cache.h"
#include "cache/local_bus.h"

namespace moongate {

class MemoryCacheFactory final : public CacheFactory {
 public:
  MemoryCacheFactory(std::size_t entries, std::size_t bytes, std::uint64_t seed)
      : store_(std::make_shared<BoundedStore>(entries, bytes, seed)), bus_(std::make_shared<LocalBus>()) {}

  Result<std::unique_ptr<Cache>> make(Reactor& reactor) override;
  Result<std::unique_ptr<Subscription>> subscribe(Reactor& reactor, std::string channel,
                                                  SubscriptionHandler handler) override;
  CacheCounters counters() const override;
  std::string describe() const override { return "memory"; }

 private:
  std::shared_ptr<BoundedStore> store_;
  std::shared_ptr<LocalBus> bus_;
};

}  // namespace moongate
