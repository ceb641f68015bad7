// Numbers that count attempts for a while, shared by all gateways with one cache.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "base/clock.h"
#include "cache/cache.h"
#include "limits/limit_use.h"
#include "net/reactor.h"

namespace moongate {

// Safe from any thread; may block for a moment.
class Counters {
 public:
  virtual ~Counters() = default;
  // Adds `by` and gives the sum. The first addition begins a time of `ttl_ms`, after which it is 0 again.
  virtual std::int64_t add(const std::string& key, std::int64_t by, std::int64_t ttl_ms) = 0;
};

// Of this process alone. Bounded: when it is full, what ends first goes first.
class LocalCounters final : public Counters {
 public:
  explicit LocalCounters(const Clock& clock, std::size_t most = 100'000) : clock_(clock), most_(most) {}
  std::int64_t add(const std::string& key, std::int64_t by, std::int64_t ttl_ms) override;

 private:
  struct Entry {
    std::int64_t sum = 0;
    std::int64_t ends_ms = 0;
  };
  void make_room(std::int64_t now_ms);

  const Clock& clock_;
  const std::size_t most_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

// In the cache that gateways share, asked from a thread of its own; while it is away, of this process alone.
class SharedCounters final : public Counters {
 public:
  // Error: TLS set-up of the cache. The references must outlive it.
  static Result<std::unique_ptr<SharedCounters>> start(CacheFactory& caches, const Clock& clock);
  ~SharedCounters() override;
  std::int64_t add(const std::string& key, std::int64_t by, std::int64_t ttl_ms) override;

  // Whether limits are counted in that cache; if so, what of a level's is used now (-1: not known at the moment).
  bool has_limits() const { return has_limits_; }
  LimitUse limit_use(LimitLevel level, std::string_view id);

 private:
  struct Question;
  explicit SharedCounters(const Clock& clock) : clock_(clock), reactor_(clock), local_(clock) {}
  Task<void> ask(std::shared_ptr<Question> question);

  Task<void> ask_use(std::string key, std::shared_ptr<std::promise<Result<LimitUse>>> answer);

  const Clock& clock_;
  Reactor reactor_;
  bool has_limits_ = false;
  std::unique_ptr<Cache> cache_;  // of the thread, as is asking_
  int asking_ = 0;
  LocalCounters local_;
  std::thread thread_;
};

}  // namespace moongate
