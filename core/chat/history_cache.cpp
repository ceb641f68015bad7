#include "chat/history_cache.h"

#include <chrono>
#include <future>
#include <thread>

#include "base/thread_name.h"

namespace moongate {
namespace {

constexpr std::int64_t kTtlMs = 3'600'000;
constexpr std::chrono::seconds kPatience{1};  // the cache itself gives up long before
constexpr int kTurnsAtEnd = 4;
constexpr std::size_t kMostKept = 256 * 1024;  // pictures would drive everything else out of the memory

std::string key_of(std::string_view conversation_id) { return "mg:chat:" + std::string(conversation_id); }

}  // namespace

struct HistoryCache::State {
  explicit State(const Clock& clock) : reactor(clock) {}

  // `work` on the cache's thread; nothing when it takes too long.
  template <class T>
  std::optional<T> run(std::function<Task<T>(Cache&)> work) {
    auto promise = std::make_shared<std::promise<T>>();
    std::future<T> future = promise->get_future();
    reactor.post([this, promise, work = std::move(work)] { spawn(answer<T>(work, promise)); });
    if (future.wait_for(kPatience) != std::future_status::ready) return std::nullopt;
    return future.get();
  }

  template <class T>
  Task<void> answer(std::function<Task<T>(Cache&)> work, std::shared_ptr<std::promise<T>> promise) {
    promise->set_value(co_await work(*cache));
  }

  Reactor reactor;
  std::unique_ptr<Cache> cache;
  std::thread thread;
};

HistoryCache::HistoryCache(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<HistoryCache>> HistoryCache::start(CacheFactory& factory, const Clock& clock) {
  auto state = std::make_unique<State>(clock);
  auto cache = factory.make(state->reactor);
  if (!cache) return cache.error();
  state->cache = std::move(*cache);
  state->thread = std::thread([raw = state.get()] {
    name_this_thread("chat-cache");
    raw->reactor.run();
    raw->cache.reset();
    for (int i = 0; i < kTurnsAtEnd; ++i) raw->reactor.turn(0);  // what ran behind the cache ends
  });
  return std::unique_ptr<HistoryCache>(new HistoryCache(std::move(state)));
}

HistoryCache::~HistoryCache() {
  state_->reactor.stop();
  state_->thread.join();
}

std::optional<std::string> HistoryCache::find(std::string_view conversation_id, std::int64_t revision) {
  using Found = std::optional<std::string>;
  auto found = state_->run<Found>([key = key_of(conversation_id)](Cache& cache) -> Task<Found> {
    const std::string wanted = key;
    Found value;
    if (cache.try_get(wanted, value)) co_return value;
    auto asked = co_await cache.get(wanted);
    co_return asked ? *asked : Found();
  });
  if (!found || !*found) return std::nullopt;
  const std::string& text = **found;
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.substr(0, space) != std::to_string(revision)) return std::nullopt;
  return text.substr(space + 1);
}

void HistoryCache::keep(std::string_view conversation_id, std::int64_t revision, const std::string& text) {
  std::string value = std::to_string(revision) + " " + text;
  if (value.size() > kMostKept) return forget(conversation_id);
  state_->run<bool>([key = key_of(conversation_id), value = std::move(value)](Cache& cache) -> Task<bool> {
    const std::string name = key, kept = value;
    if (cache.try_set(name, kept, kTtlMs)) co_return true;
    co_return (co_await cache.set(name, kept, kTtlMs)).ok();
  });
}

void HistoryCache::forget(std::string_view conversation_id) {
  state_->run<bool>([key = key_of(conversation_id)](Cache& cache) -> Task<bool> {
    const std::string name = key;
    bool was_there = false;
    if (cache.try_erase(name, was_there)) co_return was_there;
    const auto erased = co_await cache.erase(name);
    co_return erased && *erased;
  });
}

}  // namespace moongate
