// Publish and subscribe inside this process.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache.h"

namespace moongate {

// Thread-safe.
class LocalBus : public std::enable_shared_from_this<LocalBus> {
 public:
  void publish(std::string_view channel, std::string_view message);
  std::unique_ptr<Subscription> subscribe(Reactor& reactor, std::string channel, SubscriptionHandler handler);

 private:
  class Seat;
  struct Listener {
    std::string channel;
    Reactor* reactor = nullptr;
    std::shared_ptr<SubscriptionHandler> handler;  // the subscription's own; what is posted holds it weakly
  };
  void leave(const SubscriptionHandler* handler);

  std::mutex mutex_;
  std::vector<Listener> listeners_;
};

}  // namespace moongate
