#include "app/gateway_roll.h"

#include <future>

#include "base/thread_name.h"

namespace moongate {
namespace {
constexpr std::string_view kChannel = "mg:gateways";
constexpr std::size_t kMostBytes = 2048;
constexpr std::size_t kMost = 256;
}  // namespace

Result<std::unique_ptr<GatewayRoll>> GatewayRoll::start(CacheFactory& caches, const Clock& clock, std::string id,
                                                        std::string about) {
  std::unique_ptr<GatewayRoll> roll(new GatewayRoll(clock, std::move(id), std::move(about)));
  GatewayRoll& self = *roll;
  auto cache = caches.make(self.reactor_);
  if (!cache) return cache.error();
  self.cache_ = std::move(*cache);
  SubscriptionHandler handler;
  handler.on_message = [&self](std::string_view message) { self.heard(message); };
  handler.on_begin = [&self] { self.wake_.notify(); };
  auto subscription = caches.subscribe(self.reactor_, std::string(kChannel), std::move(handler));
  if (!subscription) return subscription.error();
  self.subscription_ = std::move(*subscription);
  self.reactor_.post([&self] { spawn(self.sign()); });
  self.thread_ = std::thread([&self] {
    name_this_thread("gateway-roll");
    self.reactor_.run();
  });
  return roll;
}

GatewayRoll::~GatewayRoll() {
  if (!thread_.joinable()) return;
  std::promise<void> ended;
  reactor_.post([this] {
    ending_ = true;
    wake_.notify();
  });
  const std::function<void()> wait = [&] {
    if (signing_) {
      reactor_.post(wait);
      return;
    }
    subscription_.reset();
    cache_.reset();
    reactor_.post([&ended] { ended.set_value(); });  // a turn later: the cache's ends are tied up
  };
  reactor_.post(wait);
  ended.get_future().wait();
  reactor_.stop();
  thread_.join();
}

// "id object", until the end.
Task<void> GatewayRoll::sign() {
  const std::string message = id_ + " " + about_;
  while (!ending_) {
    [[maybe_unused]] Status told = co_await cache_->publish(kChannel, message);
    if (!ending_) co_await wake_.wait(reactor_.now_ms() + kSignMs);
  }
  signing_ = false;
}

void GatewayRoll::heard(std::string_view message) {
  const std::size_t space = message.find(' ');
  if (message.size() > kMostBytes || space == message.npos || space == 0) return;
  const std::lock_guard lock(mutex_);
  const std::int64_t now_ms = clock_.mono_ms();
  std::erase_if(heard_, [&](const auto& each) { return now_ms - each.second.at_ms > kGoneMs; });
  const std::string id(message.substr(0, space));
  if (heard_.size() >= kMost && !heard_.contains(id)) return;
  heard_[id] = {std::string(message.substr(space + 1)), now_ms, clock_.unix_seconds()};
}

std::vector<GatewayRoll::Sign> GatewayRoll::gateways() const {
  std::vector<Sign> signs{{id_, about_, clock_.unix_seconds(), true}};
  const std::lock_guard lock(mutex_);
  for (const auto& [id, each] : heard_) {
    if (id == id_ || clock_.mono_ms() - each.at_ms > kGoneMs) continue;
    signs.push_back({id, each.about, each.at_s, false});
  }
  return signs;
}

}  // namespace moongate
