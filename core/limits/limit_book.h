// The counters of this process: the only ones without Redis; with it the gateway's own part, from which its share is
// enforced while Redis is away.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "limits/counting_windows.h"
#include "limits/custom_limit.h"
#include "limits/limit_checks.h"
#include "limits/limit_use.h"

namespace moongate {

// What was reserved on one level, to be corrected once the truth is known.
struct LevelHold {
  std::string key;  // level and id
  std::array<std::int64_t, kLimitKinds> reserved{};
  std::uint16_t kinds = 0;  // bit set: there was such a limit
  bool has(LimitKind kind) const { return (kinds >> static_cast<unsigned>(kind)) & 1; }
};

struct LocalHold {
  std::int64_t second = 0, day = 0, month = 0;  // the windows that it was reserved in
};

struct LimitHolds {
  std::array<LevelHold, kLimitLevels> levels;
  std::size_t count = 0;
};
LimitHolds holds_of(const Demand& demand, const LimitChecks& checks);
// What `kind` counts of it.
std::int64_t amount_of(LimitKind kind, const UsedAmounts& amounts);

// Thread-safe. Locks are held for the few comparisons and additions of one request; nothing waits under them. What is not
// used any more is dropped, a little with each call; ids come from the directory of clients, not from callers.
class LimitBook {
 public:
  // The clock must outlive it.
  explicit LimitBook(const Clock& clock);
  LimitBook(const LimitBook&) = delete;
  LimitBook& operator=(const LimitBook&) = delete;

  // Answers the checks, and if all that are not in shadow fit, reserves all: one atomic step. With `enforce` false it is
  // counted whatever the answers are. Whether it was reserved; `hold` says in which windows. `now_ms`: the wall clock's.
  bool reserve(const Demand& demand, LimitChecks& checks, const LimitHolds& holds, bool enforce, LocalHold& hold,
               std::int64_t& now_ms);
  // Answers the checks, and reserves nothing.
  void look(const Demand& demand, LimitChecks& checks, std::int64_t& now_ms);
  // Ends what was reserved: frees the concurrency slot, and corrects tokens and cost by the difference.
  void settle(const LimitHolds& holds, const LocalHold& hold, const UsedAmounts& actual);

  // What is used of each kind now, as this process has counted it.
  LimitUse use_of(LimitLevel level, std::string_view id);

  // Custom limits, by name. `charge` false: only looks.
  CustomAnswer take(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                    std::int64_t gateways);

  // How many gateways count together, as last told by Redis.
  std::int64_t gateways() const { return gateways_.load(std::memory_order_relaxed); }
  void set_gateways(std::int64_t count) { gateways_.store(count < 1 ? 1 : count, std::memory_order_relaxed); }
  // Workers that decide by the share now. Each returns whether it was the first to begin, or the last to end.
  bool begin_share() { return on_share_.fetch_add(1) == 0; }
  bool end_share() { return on_share_.fetch_sub(1) == 1; }
  std::size_t entries() const;
  const Clock& clock() const { return clock_; }

 private:
  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kMaxCustomPerShard = 2048;

  struct Entry {
    std::array<SlidingMinute, 4> minutes;  // by kind
    CalendarWindow tokens_of_day, cost_of_day, cost_of_month;
    std::int64_t spent = 0;
    std::int64_t concurrent = 0;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  template <class V>
  using Map = std::unordered_map<std::string, V, Hash, std::equal_to<>>;
  struct Shard {
    mutable std::mutex mutex;
    Map<Entry> entries;
    Map<std::int64_t> custom;  // name to the time (us) up to which it is used
    std::size_t sweep = 0, custom_sweep = 0;
  };
  struct Times {
    std::int64_t wall_ms, steady_ms, second, day, month;
  };
  class Locks;

  Times times() const;
  static std::size_t shard_of(std::string_view key);
  Entry& entry_of(std::string_view key);
  void answer(Entry& entry, LimitCheck& check, const Times& now);
  static void apply(Entry& entry, LimitKind kind, const LocalHold& hold, std::int64_t amount);
  void sweep(Shard& shard, const Times& now);
  void sweep_custom(Shard& shard, std::int64_t now_us);

  const Clock& clock_;
  const std::int64_t offset_ms_;  // from the monotonic clock to a wall clock that never steps
  std::atomic<std::int64_t> gateways_{1};
  std::atomic<int> on_share_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace moongate
