#include "cache/local_bus.h"

#include <algorithm>

namespace moongate {

class LocalBus::Seat final : public Subscription {
 public:
  Seat(std::shared_ptr<LocalBus> bus, std::shared_ptr<SubscriptionHandler> handler)
      : bus_(std::move(bus)), handler_(std::move(handler)) {}
  ~Seat() override { bus_->leave(handler_.get()); }

 private:
  std::shared_ptr<LocalBus> bus_;
  std::shared_ptr<SubscriptionHandler> handler_;
};

void LocalBus::publish(std::string_view channel, std::string_view message) {
  // Posted under the lock: a listener that leaves on its own thread cannot be given anything afterwards, and its reactor
  // outlives it.
  std::lock_guard lock(mutex_);
  for (const Listener& listener : listeners_) {
    if (listener.channel != channel) continue;
    listener.reactor->post([weak = std::weak_ptr(listener.handler), text = std::string(message)] {
      if (const auto handler = weak.lock(); handler && handler->on_message) handler->on_message(text);
    });
  }
}

std::unique_ptr<Subscription> LocalBus::subscribe(Reactor& reactor, std::string channel, SubscriptionHandler handler) {
  auto shared = std::make_shared<SubscriptionHandler>(std::move(handler));
  {
    std::lock_guard lock(mutex_);
    listeners_.push_back({std::move(channel), &reactor, shared});
  }
  return std::make_unique<Seat>(shared_from_this(), std::move(shared));
}

void LocalBus::leave(const SubscriptionHandler* handler) {
  std::lock_guard lock(mutex_);
  std::erase_if(listeners_, [&](const Listener& listener) { return listener.handler.get() == handler; });
}

}  // namespace moongate
