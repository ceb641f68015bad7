// Looks a stored key up for one worker: in the cache that gateways share, then in the store.
#pragma once

#include <functional>
#include <string>

#include "base/log.h"
#include "cache/cache.h"
#include "identity/key_directory.h"
#include "net/reactor.h"
#include "net/task.h"
#include "store/store.h"

namespace moongate {

class KeyLookup {
 public:
  // Runs its argument on a thread that may block; false: too many are waiting. Thread-safe.
  using AskStore = std::function<bool(std::function<void(Store&)>)>;

  // `cache` null: gateways share none. The references must outlive it; the reactor must outlive whatever was asked of
  // the store. Lives on the reactor's thread.
  KeyLookup(Reactor& reactor, KeyDirectory& keys, Cache* cache, AskStore ask_store, const Logger& log)
      : reactor_(reactor), keys_(keys), cache_(cache), ask_store_(std::move(ask_store)), log_(log) {}

  // Until the directory knows about the key, or kUnavailable: neither cache nor store answered in time.
  Task<Status> look_up(std::string digest);

 private:
  struct Wait;
  std::shared_ptr<Wait> new_wait();
  Task<Status> wait_for_other(std::string digest, std::shared_ptr<Wait> wait);
  Task<bool> ask_cache(const std::string& digest);
  Task<Status> ask_store(const std::string& digest);

  Reactor& reactor_;
  KeyDirectory& keys_;
  Cache* cache_;
  AskStore ask_store_;
  const Logger& log_;
};

}  // namespace moongate
