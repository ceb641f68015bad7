#include "app/news.h"

#include <charconv>
#include <future>

#include "base/thread_name.h"

namespace moongate {
namespace {

constexpr std::string_view kChannel = "mg:directory";

}  // namespace

Result<std::unique_ptr<News>> News::start(CacheFactory& caches, const Clock& clock, Handler handler) {
  std::unique_ptr<News> news(new News(clock, std::move(handler)));
  News& self = *news;
  auto cache = caches.make(self.reactor_);
  if (!cache) return cache.error();
  self.cache_ = std::move(*cache);
  SubscriptionHandler heard;
  heard.on_message = [&self](std::string_view message) {
    std::int64_t generation = 0;
    const auto [end, error] = std::from_chars(message.data(), message.data() + message.size(), generation);
    if (error == std::errc() && end == message.data() + message.size()) self.handler_.directory_changed(generation);
  };
  heard.on_begin = [&self] { self.handler_.missed(); };
  auto subscription = caches.subscribe(self.reactor_, std::string(kChannel), std::move(heard));
  if (!subscription) return subscription.error();
  self.subscription_ = std::move(*subscription);
  self.thread_ = std::thread([&self] {
    name_this_thread("news");
    self.reactor_.run();
  });
  return news;
}

News::~News() {
  if (thread_.joinable()) {
    // What is being published ends by itself within the cache's timeout.
    std::promise<void> ended;
    reactor_.post([this] { ending_ = true; });
    const std::function<void()> wait = [&] {
      if (publishing_ > 0) {
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
}

void News::tell_directory_changed(std::int64_t generation) {
  reactor_.post([this, generation] {
    if (ending_) return;
    ++publishing_;
    spawn(publish(std::to_string(generation)));
  });
}

Task<void> News::publish(std::string message) {
  [[maybe_unused]] Status told = co_await cache_->publish(kChannel, message);
  --publishing_;
}

}  // namespace moongate
