// The in-process cache: one store for all workers, never waits.
#pragma once

#include <memory>

#include "cache/bounded_store.h"
#include "cache/cache.h"

namespace moongate {

class MemoryCacheFactory final : public CacheFactory {
 public:
  MemoryCacheFactory(std::size_t entries, std::size_t bytes, std::uint64_t seed)
      : store_(std::make_shared<BoundedStore>(entries, bytes, seed)) {}

  Result<std::unique_ptr<Cache>> make(Reactor& reactor) override;
  CacheCounters counters() const override;
  std::string describe() const override { return "memory"; }

 private:
  std::shared_ptr<BoundedStore> store_;
};

}  // namespace moongate
