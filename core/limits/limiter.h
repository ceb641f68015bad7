// One worker's access to the limits: it reserves before a request is served and settles after.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "cache/cache.h"
#include "limits/limit_book.h"
#include "limits/limit_types.h"

namespace moongate {

class Limiter;

// What one exchange has reserved. Settled exactly once: by settle(), or when it goes, then with nothing used (the request
// itself stays counted). Lives on its worker's thread and ends before its Limiter is closed.
class Reservation {
 public:
  Reservation();
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

  // Whether there is something to settle.
  bool held() const { return hold_ != nullptr; }
  // Frees the concurrency slot at once, corrects tokens and cost to what was used. Returns at once; with Redis the
  // correction is on its way. A second call does nothing.
  void settle(const UsedAmounts& actual);

  struct Hold;  // of the Limiter

 private:
  friend class Limiter;
  std::unique_ptr<Hold> hold_;
};

struct LimiterCounters {  // of one worker; read by whoever shows them
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> would_refuse{0};
  std::atomic<std::uint64_t> by_share{0};      // decided while Redis was away
  std::atomic<std::uint64_t> lost_settles{0};  // corrections that never reached Redis: leases run out instead
  std::atomic<bool> share_only{false};
};

struct LimiterOptions {
  std::string gateway;            // unique among those that share the Redis; printable, without '/'
  int worker = 0;
  std::int64_t lease_ms = 30'000; // after a crash, slots and reservations are free again so much later
  std::int64_t renew_ms = 5'000;
  std::int64_t gateway_ms = 15'000;  // a gateway counts among those that share for so long after its last sign
  bool own_clock = false;         // for tests: Redis is told the time instead of asking its own clock
};

// Lives on its worker's thread.
class Limiter {
 public:
  // `cache` decides where limits are counted: in Redis where it runs scripts, else in `book`. All must outlive this;
  // `log` may be null.
  Limiter(Reactor& reactor, LimitBook& book, Cache& cache, const LimiterOptions& options, const Logger* log);
  // No reservation may be held any more. Without close() what is on its way to Redis may be lost, and what runs behind the
  // scenes ends in the reactor's next turns.
  ~Limiter();
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // Answers at once where that needs no Redis: in process, and by this gateway's share while Redis is away. False: nothing
  // was done, ask reserve(). A demand without limits is allowed and holds nothing.
  bool try_reserve(const Demand& demand, Decision& decision, Reservation& reservation);
  // The same in one step of Redis, for all levels and limits or none; when that fails or is late, by the share. Suspends
  // for cache.timeout_ms at most. The demand must live until it ends.
  Task<Decision> reserve(const Demand& demand, Reservation& reservation);

  // Custom limits by name (1 to 512 bytes), for policies. Cost 0 or `charge` false: only looks. kInvalid: the limit or the
  // name is not allowed, or the cost is negative.
  bool try_take(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                Result<CustomAnswer>& answer);
  Task<Result<CustomAnswer>> take(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge);

  // Ends what runs behind the scenes; what is on its way to Redis is waited for (cache.timeout_ms at most).
  Task<void> close();

  const LimiterCounters& counters() const;

 private:
  friend class Reservation;
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace moongate
