#include "limits/limit_book.h"

#include <algorithm>

namespace moongate {
namespace {

constexpr int kSweepBuckets = 2;

}  // namespace

LimitHolds holds_of(const Demand& demand, const LimitChecks& checks) {
  LimitHolds holds;
  holds.count = demand.level_count;
  for (std::size_t i = 0; i < demand.level_count; ++i) {
    const LevelDemand& level = demand.levels[i];
    holds.levels[i].key.reserve(to_string(level.level).size() + 1 + level.id.size());
    holds.levels[i].key.append(to_string(level.level)).append(":").append(level.id);
  }
  for (const LimitCheck& check : checks) {
    LevelHold& hold = holds.levels[check.level];
    hold.kinds = static_cast<std::uint16_t>(hold.kinds | 1u << static_cast<unsigned>(check.kind));
    hold.reserved[static_cast<std::size_t>(check.kind)] = check.amount;
  }
  return holds;
}

std::int64_t amount_of(LimitKind kind, const UsedAmounts& amounts) {
  switch (kind) {
    case LimitKind::kTokensPerMinute:
    case LimitKind::kTokensPerDay: return amounts.input_tokens + amounts.output_tokens;
    case LimitKind::kInputTokensPerMinute: return amounts.input_tokens;
    case LimitKind::kOutputTokensPerMinute: return amounts.output_tokens;
    case LimitKind::kCostPerDay:
    case LimitKind::kCostPerMonth:
    case LimitKind::kBalance: return amounts.cost;
    case LimitKind::kRequestsPerMinute: return 1;
    case LimitKind::kConcurrent: break;
  }
  return 0;
}

// The shards of a request's keys, locked in one order.
class LimitBook::Locks {
 public:
  Locks(LimitBook& book, const LimitHolds& holds) {
    std::array<std::size_t, kLimitLevels> order{};
    for (std::size_t i = 0; i < holds.count; ++i) order[i] = shard_of(holds.levels[i].key);
    std::sort(order.begin(), order.begin() + holds.count);
    for (std::size_t i = 0; i < holds.count; ++i) {
      if (i == 0 || order[i] != order[i - 1]) locks_[i] = std::unique_lock(book.shards_[order[i]].mutex);
    }
  }

 private:
  std::array<std::unique_lock<std::mutex>, kLimitLevels> locks_;
};

LimitBook::LimitBook(const Clock& clock) : clock_(clock), offset_ms_(clock.unix_ms() - clock.mono_ms()) {}

LimitBook::Times LimitBook::times() const {
  Times now{};
  now.wall_ms = clock_.unix_ms();
  now.steady_ms = clock_.mono_ms() + offset_ms_;
  now.second = now.steady_ms / 1000;
  now.day = utc_day(now.wall_ms);
  now.month = utc_month(now.wall_ms);
  return now;
}

std::size_t LimitBook::shard_of(std::string_view key) { return (Hash()(key) >> 20) % kShards; }

LimitBook::Entry& LimitBook::entry_of(std::string_view key) {
  Shard& shard = shards_[shard_of(key)];
  if (const auto found = shard.entries.find(key); found != shard.entries.end()) return found->second;
  return shard.entries.emplace(std::string(key), Entry()).first->second;
}

void LimitBook::answer(Entry& entry, LimitCheck& check, const Times& now) {
  const auto calendar = [&](CalendarWindow& window, std::int64_t index, std::int64_t (*begin_ms)(std::int64_t)) {
    const std::int64_t current = window.advance(index);
    if (check.known_index == current) window.at_least(check.known);
    check.used = window.used();
    check.resets_at_ms = begin_ms(current + 1);
  };
  switch (check.kind) {
    case LimitKind::kTokensPerDay: calendar(entry.tokens_of_day, now.day, utc_day_begin_ms); break;
    case LimitKind::kCostPerDay: calendar(entry.cost_of_day, now.day, utc_day_begin_ms); break;
    case LimitKind::kCostPerMonth: calendar(entry.cost_of_month, now.month, utc_month_begin_ms); break;
    case LimitKind::kConcurrent: check.used = entry.concurrent; break;
    case LimitKind::kBalance:
      entry.spent = std::max(entry.spent, check.known);
      check.used = entry.spent;
      break;
    default: {
      SlidingMinute& minute = entry.minutes[static_cast<std::size_t>(check.kind)];
      minute.advance(now.second);
      check.used = minute.used();
      if (check.used > check.capacity - check.amount) {
        check.resets_at_ms =
            minute.falls_to(check.capacity - check.amount) * 1000 + (now.wall_ms - now.steady_ms);
      }
    }
  }
  check.fits = check.used <= check.capacity - check.amount;
  if (check.kind == LimitKind::kBalance && check.used >= check.capacity) check.fits = false;  // free ones, too
}

void LimitBook::apply(Entry& entry, LimitKind kind, const LocalHold& hold, std::int64_t amount) {
  switch (kind) {
    case LimitKind::kTokensPerDay: entry.tokens_of_day.add(hold.day, amount); break;
    case LimitKind::kCostPerDay: entry.cost_of_day.add(hold.day, amount); break;
    case LimitKind::kCostPerMonth: entry.cost_of_month.add(hold.month, amount); break;
    case LimitKind::kConcurrent: entry.concurrent += amount; break;
    case LimitKind::kBalance: entry.spent += amount; break;
    default: entry.minutes[static_cast<std::size_t>(kind)].add(hold.second, amount);
  }
}

bool LimitBook::reserve(const Demand& demand, LimitChecks& checks, const LimitHolds& holds, bool enforce,
                        LocalHold& hold, std::int64_t& now_ms) {
  const Locks locked(*this, holds);
  const Times now = times();  // under the locks, so that it does not go back from one request to the next
  now_ms = now.wall_ms;
  bool allowed = true;
  for (LimitCheck& check : checks) {
    answer(entry_of(holds.levels[check.level].key), check, now);
    if (!check.fits && !is_shadowed(demand, check)) allowed = false;
  }
  if (allowed || !enforce) {
    for (const LimitCheck& check : checks) {
      Entry& entry = entry_of(holds.levels[check.level].key);
      // Windows that stood still while the clock went back stay where they are.
      hold.second = now.second;
      hold.day = std::max({now.day, entry.tokens_of_day.advance(now.day), entry.cost_of_day.advance(now.day)});
      hold.month = std::max(now.month, entry.cost_of_month.advance(now.month));
      if (is_per_minute(check.kind)) hold.second = entry.minutes[static_cast<std::size_t>(check.kind)].advance(now.second);
      apply(entry, check.kind, hold, check.amount);
    }
  }
  for (std::size_t i = 0; i < holds.count; ++i) sweep(shards_[shard_of(holds.levels[i].key)], now);
  return allowed || !enforce;
}

void LimitBook::look(const Demand& demand, LimitChecks& checks, std::int64_t& now_ms) {
  const LimitHolds holds = holds_of(demand, checks);
  const Locks locked(*this, holds);
  const Times now = times();
  now_ms = now.wall_ms;
  for (LimitCheck& check : checks) answer(entry_of(holds.levels[check.level].key), check, now);
}

LimitUse LimitBook::use_of(LimitLevel level, std::string_view id) {
  const std::string key = limit_key(level, id);
  Shard& shard = shards_[shard_of(key)];
  const std::lock_guard lock(shard.mutex);
  const Times now = times();
  LimitUse use{};
  const auto found = shard.entries.find(key);
  if (found == shard.entries.end()) return use;
  Entry& entry = found->second;
  for (std::size_t i = 0; i < entry.minutes.size(); ++i) {
    entry.minutes[i].advance(now.second);
    use[i] = entry.minutes[i].used();
  }
  const auto calendar = [](CalendarWindow& window, std::int64_t index) {
    window.advance(index);
    return window.used();
  };
  use[static_cast<std::size_t>(LimitKind::kTokensPerDay)] = calendar(entry.tokens_of_day, now.day);
  use[static_cast<std::size_t>(LimitKind::kCostPerDay)] = calendar(entry.cost_of_day, now.day);
  use[static_cast<std::size_t>(LimitKind::kCostPerMonth)] = calendar(entry.cost_of_month, now.month);
  use[static_cast<std::size_t>(LimitKind::kConcurrent)] = entry.concurrent;
  use[static_cast<std::size_t>(LimitKind::kBalance)] = entry.spent;
  return use;
}

void LimitBook::settle(const LimitHolds& holds, const LocalHold& hold, const UsedAmounts& actual) {
  const Locks locked(*this, holds);
  const Times now = times();
  for (std::size_t i = 0; i < holds.count; ++i) {
    const LevelHold& level = holds.levels[i];
    Entry& entry = entry_of(level.key);
    for (std::size_t k = 0; k < kLimitKinds; ++k) {
      const auto kind = static_cast<LimitKind>(k);
      if (!level.has(kind)) continue;
      if (is_per_minute(kind)) entry.minutes[k].advance(now.second);
      apply(entry, kind, hold, amount_of(kind, actual) - level.reserved[k]);
    }
  }
}

CustomAnswer LimitBook::take(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                             std::int64_t gateways) {
  CustomLimit share = limit;
  share.capacity = std::max<std::int64_t>(limit.capacity / gateways, 1);
  share.burst = limit.burst == 0 ? 0 : std::max<std::int64_t>(limit.burst / gateways, 1);
  const CustomBucket bucket(share);
  Shard& shard = shards_[shard_of(name)];
  const std::lock_guard lock(shard.mutex);
  const std::int64_t steady_us = clock_.mono_ns() / 1000 + offset_ms_ * 1000;
  auto found = shard.custom.find(name);
  std::int64_t used_until = found == shard.custom.end() ? 0 : found->second;
  CustomAnswer answer = bucket.take(used_until, steady_us, cost);
  if (charge && answer.allowed && cost > 0) {
    if (found != shard.custom.end()) {
      found->second = used_until;
    } else {
      sweep_custom(shard, steady_us);
      shard.custom.emplace(std::string(name), used_until);
    }
  }
  if (answer.resets_at_ms != 0) answer.resets_at_ms += clock_.unix_ms() - (clock_.mono_ms() + offset_ms_);
  return answer;
}

std::size_t LimitBook::entries() const {
  std::size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    count += shard.entries.size() + shard.custom.size();
  }
  return count;
}

// A few places of the table with each call: nobody waits for a walk through all of it.
void LimitBook::sweep(Shard& shard, const Times& now) {
  for (int i = 0; i < kSweepBuckets && !shard.entries.empty(); ++i) {
    const std::size_t bucket = shard.sweep++ % shard.entries.bucket_count();
    std::array<const std::string*, 4> idle{};
    std::size_t count = 0;
    for (auto it = shard.entries.begin(bucket); it != shard.entries.end(bucket) && count < idle.size(); ++it) {
      Entry& entry = it->second;
      bool empty = entry.concurrent == 0 && entry.spent == 0 && entry.tokens_of_day.idle(now.day) &&
                   entry.cost_of_day.idle(now.day) && entry.cost_of_month.idle(now.month);
      for (SlidingMinute& minute : entry.minutes) {
        minute.advance(now.second);
        empty = empty && minute.idle();
      }
      if (empty) idle[count++] = &it->first;
    }
    for (std::size_t n = 0; n < count; ++n) shard.entries.erase(shard.entries.find(*idle[n]));
  }
}

// Names of custom limits may come from callers (their address, say): when there are too many, the emptiest of a few goes.
void LimitBook::sweep_custom(Shard& shard, std::int64_t now_us) {
  for (int i = 0; i < kSweepBuckets && !shard.custom.empty(); ++i) {
    const std::size_t bucket = shard.custom_sweep++ % shard.custom.bucket_count();
    for (auto it = shard.custom.begin(bucket); it != shard.custom.end(bucket); ++it) {
      if (it->second > now_us) continue;
      shard.custom.erase(shard.custom.find(it->first));
      break;
    }
  }
  while (shard.custom.size() >= kMaxCustomPerShard) {
    auto victim = shard.custom.begin();
    auto it = victim;
    for (int i = 0; i < 8 && it != shard.custom.end(); ++i, ++it) {
      if (it->second < victim->second) victim = it;
    }
    shard.custom.erase(victim);
  }
}

}  // namespace moongate
