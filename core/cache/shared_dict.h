// moon.shared(name): named dictionaries that all workers of this process share, after lua-nginx-module's
// ngx.shared.DICT.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "cache/bounded_store.h"

namespace moongate {

// What a dictionary holds under a key: text (any bytes), a number or a boolean, and the caller's own flags.
struct SharedValue {
  using Kind = BoundedStore::Kind;
  Kind kind = Kind::kText;
  std::string text;
  double number = 0;  // kBoolean: 0 or 1
  std::uint32_t flags = 0;
};

// Thread-safe; nothing here waits for more than another worker's look-up. Keys are 1 to 65535 bytes.
//
// Times to live are in milliseconds, 0 for none. An expired entry is as if it were not there. When the memory is
// used up, entries that were not used lately make room, and the change says so (`forcible`).
class SharedDict {
 public:
  static constexpr std::size_t kMaxKey = 65535;

  enum class Outcome : std::uint8_t {
    kOk,
    kExists,     // add: it is there already
    kNotFound,   // replace, incr without init, expire: it is not there
    kNoMemory,   // larger than the dictionary may hold, or (safe_…) than what is free
    kNotNumber,  // incr: the value is text or a boolean
    kBadKey,     // empty or too long
    kBadTtl,     // negative
  };
  struct Change {
    Outcome outcome = Outcome::kOk;
    bool forcible = false;  // live entries had to go for it
    bool ok() const { return outcome == Outcome::kOk; }
  };
  struct Sum {
    Outcome outcome = Outcome::kOk;
    double value = 0;
    bool forcible = false;
    bool ok() const { return outcome == Outcome::kOk; }
  };

  // `clock` must outlive it. `seed`: random.
  SharedDict(std::size_t entries, std::size_t bytes, const Clock& clock, std::uint64_t seed)
      : store_(entries, bytes, seed), clock_(clock) {}

  // Into `out`, whose text keeps its memory from call to call. False: not there.
  bool get(std::string_view key, SharedValue& out);
  Change set(std::string_view key, const SharedValue& value, std::int64_t ttl_ms) {
    return put(key, value, ttl_ms, Condition::kAlways, true);
  }
  Change add(std::string_view key, const SharedValue& value, std::int64_t ttl_ms) {
    return put(key, value, ttl_ms, Condition::kAbsent, true);
  }
  Change replace(std::string_view key, const SharedValue& value, std::int64_t ttl_ms) {
    return put(key, value, ttl_ms, Condition::kPresent, true);
  }
  // Like set and add, but rather fail with kNoMemory than put live entries out.
  Change safe_set(std::string_view key, const SharedValue& value, std::int64_t ttl_ms) {
    return put(key, value, ttl_ms, Condition::kAlways, false);
  }
  Change safe_add(std::string_view key, const SharedValue& value, std::int64_t ttl_ms) {
    return put(key, value, ttl_ms, Condition::kAbsent, false);
  }
  // Adds to the number that is there. When none is: begins with `init` (and `init_ttl_ms`), or kNotFound without.
  Sum incr(std::string_view key, double by, std::optional<double> init = {}, std::int64_t init_ttl_ms = 0);
  // No failure when it is not there.
  Change erase(std::string_view key);
  void flush_all() { store_.clear(); }

  // What is left in ms, 0: for ever; nullopt: not there.
  std::optional<std::int64_t> ttl(std::string_view key);
  Change expire(std::string_view key, std::int64_t ttl_ms);
  // At most `limit` keys (0: all, which locks others out for longer), in no order.
  std::vector<std::string> keys(std::size_t limit);
  std::size_t capacity_bytes() const { return store_.capacity_bytes(); }
  std::size_t free_bytes() const;

 private:
  enum class Condition : std::uint8_t { kAlways, kAbsent, kPresent };
  Change put(std::string_view key, const SharedValue& value, std::int64_t ttl_ms, Condition when, bool may_evict);
  MonoMs deadline(std::int64_t ttl_ms, MonoMs now) const;

  BoundedStore store_;
  const Clock& clock_;
};

// "exists", "not found", "no memory", "not a number", …: the words that ngx.shared.DICT returns.
std::string_view to_string(SharedDict::Outcome outcome);

// The dictionaries of a process by name. Thread-safe; what it returned stays for as long as it lives.
class SharedDicts {
 public:
  static constexpr std::size_t kMaxDicts = 64;

  SharedDicts(std::size_t entries_each, std::size_t bytes_each, const Clock& clock, std::uint64_t seed)
      : entries_(entries_each), bytes_(bytes_each), clock_(clock), seed_(seed) {}

  // Made when first asked for. nullptr: kMaxDicts have been made (a policy that invents names must not eat memory).
  SharedDict* open(std::string_view name);

 private:
  const std::size_t entries_;
  const std::size_t bytes_;
  const Clock& clock_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<SharedDict>> dicts_;
};

}  // namespace moongate
