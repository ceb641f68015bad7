// Which gateways share the cache: each tells the others every few seconds that it is there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "cache/cache.h"
#include "net/reactor.h"

namespace moongate {

// A thread with a loop of its own. A gateway that was not heard of for kGoneMs is gone.
class GatewayRoll {
 public:
  static constexpr std::int64_t kSignMs = 5'000;
  static constexpr std::int64_t kGoneMs = 20'000;

  // `id`: of this gateway; `about`: a JSON object that the others show. Error: TLS set-up of the cache. All must outlive it.
  static Result<std::unique_ptr<GatewayRoll>> start(CacheFactory& caches, const Clock& clock, std::string id, std::string about);
  ~GatewayRoll();
  GatewayRoll(const GatewayRoll&) = delete;

  struct Sign {
    std::string id, about;
    std::int64_t heard_s = 0;  // Unix time
    bool self = false;
  };
  // Those that are there, by id; this one always.
  std::vector<Sign> gateways() const;

 private:
  GatewayRoll(const Clock& clock, std::string id, std::string about)
      : clock_(clock), reactor_(clock), id_(std::move(id)), about_(std::move(about)), wake_(reactor_) {}
  Task<void> sign();
  void heard(std::string_view message);

  const Clock& clock_;
  Reactor reactor_;
  const std::string id_, about_;
  Signal wake_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<Subscription> subscription_;
  bool ending_ = false;  // this and the next: of the loop's thread
  bool signing_ = true;
  std::thread thread_;
  struct Heard {
    std::string about;
    std::int64_t at_ms = 0, at_s = 0;
  };
  mutable std::mutex mutex_;  // guards the next
  std::map<std::string, Heard> heard_;
};

}  // namespace moongate
