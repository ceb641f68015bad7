#include "cache/memory_cache.h"

#include <charconv>
#include <limits>

#include "cache/cache_arguments.h"

namespace moongate {
namespace {

// As Redis reads integers: decimal, no sign but '-', no leading zeros or spaces.
bool parse_integer(std::string_view text, std::int64_t& out) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits[0] == '0' && text.size() > 1)) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

class MemoryCache final : public Cache {
 public:
  MemoryCache(Reactor& reactor, std::shared_ptr<BoundedStore> store, std::shared_ptr<LocalBus> bus)
      : reactor_(reactor), store_(std::move(store)), bus_(std::move(bus)) {}

  bool try_get(std::string_view key, std::optional<std::string>& out) override {
    if (!cache_key_allowed(key)) return false;
    auto place = store_->lock(key, reactor_.now_ms());
    const auto* item = place.find();
    if (item == nullptr) {
      out.reset();
    } else if (out) {
      out->assign(item->text);  // the caller's string keeps its memory from call to call
    } else {
      out.emplace(item->text);
    }
    return true;
  }

  bool try_set(std::string_view key, std::string_view value, std::int64_t ttl_ms) override {
    if (!allowed(key, value, ttl_ms)) return false;
    auto place = store_->lock(key, reactor_.now_ms());
    put(place, value, deadline(ttl_ms));
    return true;
  }

  bool try_add(std::string_view key, std::string_view value, std::int64_t ttl_ms, bool& added) override {
    if (!allowed(key, value, ttl_ms)) return false;
    auto place = store_->lock(key, reactor_.now_ms());
    added = place.find() == nullptr;
    if (added) put(place, value, deadline(ttl_ms));
    return true;
  }

  bool try_erase(std::string_view key, bool& was_there) override {
    if (!cache_key_allowed(key)) return false;
    was_there = store_->lock(key, reactor_.now_ms()).erase();
    return true;
  }

  bool try_incr(std::string_view key, std::int64_t by, std::int64_t ttl_ms_if_new, std::int64_t& sum) override {
    if (!allowed(key, {}, ttl_ms_if_new)) return false;
    auto place = store_->lock(key, reactor_.now_ms());
    std::int64_t value = 0;
    MonoMs expires = deadline(ttl_ms_if_new);
    if (const auto* item = place.find()) {
      if (!parse_integer(item->text, value)) return false;
      expires = item->expires;
    }
    if (__builtin_add_overflow(value, by, &sum)) return false;
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, sum).ptr;
    put(place, {text, static_cast<std::size_t>(end - text)}, expires);
    return true;
  }

  Task<Result<std::optional<std::string>>> get(std::string_view key) override {
    std::optional<std::string> found;
    if (!try_get(key, found)) co_return cache_argument_error(key, {}, 0);
    co_return found;
  }

  Task<Status> set(std::string_view key, std::string_view value, std::int64_t ttl_ms) override {
    if (!try_set(key, value, ttl_ms)) co_return cache_argument_error(key, value, ttl_ms);
    co_return Status();
  }

  Task<Result<bool>> add(std::string_view key, std::string_view value, std::int64_t ttl_ms) override {
    bool added = false;
    if (!try_add(key, value, ttl_ms, added)) co_return cache_argument_error(key, value, ttl_ms);
    co_return added;
  }

  Task<Result<bool>> erase(std::string_view key) override {
    bool was_there = false;
    if (!try_erase(key, was_there)) co_return cache_argument_error(key, {}, 0);
    co_return was_there;
  }

  Task<Result<std::int64_t>> incr(std::string_view key, std::int64_t by, std::int64_t ttl_ms_if_new) override {
    std::int64_t sum = 0;
    if (try_incr(key, by, ttl_ms_if_new, sum)) co_return sum;
    if (!allowed(key, {}, ttl_ms_if_new)) co_return cache_argument_error(key, {}, ttl_ms_if_new);
    co_return cache_not_an_integer();
  }

  Task<Status> publish(std::string_view channel, std::string_view message) override {
    if (!allowed(channel, message, 0)) co_return cache_argument_error(channel, message, 0);
    bus_->publish(channel, message);
    co_return Status();
  }

 private:
  static bool allowed(std::string_view key, std::string_view value, std::int64_t ttl_ms) {
    return cache_key_allowed(key) && cache_value_allowed(value) && ttl_ms >= 0;
  }
  MonoMs deadline(std::int64_t ttl_ms) const {
    if (ttl_ms == 0) return 0;
    // A deadline further off than the clock reaches is none.
    return ttl_ms > std::numeric_limits<MonoMs>::max() - reactor_.now_ms() ? 0 : reactor_.now_ms() + ttl_ms;
  }
  // What finds no room is evicted at once, so to speak: any entry may vanish, but not an older value of the same key
  // stay in its place.
  static void put(BoundedStore::Access& place, std::string_view text, MonoMs expires) {
    if (place.put({.text = text, .expires = expires}) == BoundedStore::Put::kNoRoom) place.erase();
  }

  Reactor& reactor_;
  std::shared_ptr<BoundedStore> store_;
  std::shared_ptr<LocalBus> bus_;
};

}  // namespace

Result<std::unique_ptr<Cache>> MemoryCacheFactory::make(Reactor& reactor) {
  return std::unique_ptr<Cache>(std::make_unique<MemoryCache>(reactor, store_, bus_));
}

Result<std::unique_ptr<Subscription>> MemoryCacheFactory::subscribe(Reactor& reactor, std::string channel,
                                                                    SubscriptionHandler handler) {
  if (!cache_key_allowed(channel)) return cache_argument_error(channel, {}, 0);
  return bus_->subscribe(reactor, std::move(channel), std::move(handler));
}

CacheCounters MemoryCacheFactory::counters() const {
  const BoundedStore::Sizes sizes = store_->sizes();
  CacheCounters counters;
  counters.entries = sizes.entries;
  counters.bytes = sizes.bytes;
  counters.evictions = sizes.evictions;
  return counters;
}

}  // namespace moongate
