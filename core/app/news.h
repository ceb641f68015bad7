// What gateways tell each other: that the directory has changed. Over the cache that they share; in-process without one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "cache/cache.h"
#include "net/reactor.h"

namespace moongate {

// A thread with a loop of its own, beside the workers', so that news wait for no traffic.
class News {
 public:
  struct Handler {
    std::function<void(std::int64_t generation)> directory_changed;
    // The connection to the others is new: what they told before was missed.
    std::function<void()> missed;
  };
  // Calls the handler on its thread until destroyed. Error: TLS set-up of the cache. All must outlive it.
  static Result<std::unique_ptr<News>> start(CacheFactory& caches, const Clock& clock, Handler handler);
  ~News();
  News(const News&) = delete;

  // To every gateway, this one included. Thread-safe; at best: whoever misses it looks by itself before long.
  void tell_directory_changed(std::int64_t generation);

 private:
  News(const Clock& clock, Handler handler) : reactor_(clock), handler_(std::move(handler)) {}
  Task<void> publish(std::string message);

  Reactor reactor_;
  Handler handler_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<Subscription> subscription_;
  int publishing_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace moongate
