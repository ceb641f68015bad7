// The memory behind the in-process cache and the shared dictionaries: entries with deadlines, bounded by number
// and by bytes, shared by every thread of the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/siphash.h"

namespace moongate {

// Cut into shards, each with a lock, so that workers seldom meet. When a shard is full, entries past their deadline
// go first, then those not looked at since the hand last passed (CLOCK). Neighbours are cleared of expired
// entries a little with every put, so that what nobody asks for again does not stay.
class BoundedStore {
 public:
  enum class Kind : std::uint8_t { kText, kNumber, kBoolean };
  struct Item {
    std::string text;    // kText
    double number = 0;   // kNumber; kBoolean: 0 or 1
    MonoMs expires = 0;  // 0: never
    std::uint32_t flags = 0;
    Kind kind = Kind::kText;
  };
  struct NewItem {
    std::string_view text;
    double number = 0;
    MonoMs expires = 0;
    std::uint32_t flags = 0;
    Kind kind = Kind::kText;
  };
  enum class Put : std::uint8_t {
    kStored,
    kStoredEvicting,  // live entries had to go for it
    kNoRoom,          // larger than a shard may be, or (without eviction) than what is free; and what was there stays
  };

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::string key;
    Item item;
    bool used = false;
    bool referenced = false;  // looked at since the hand passed
  };
  struct Shard {
    std::mutex mutex;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> free_slots;
    std::vector<std::uint32_t> index;  // open addressing: slot + 1, 0: empty
    std::size_t used = 0;
    std::size_t bytes = 0;
    std::uint64_t evictions = 0;
    std::size_t hand = 0;
    std::size_t sweep = 0;
  };

 public:
  // `entries` and `bytes` are of the whole store and at least 1; `seed` keys the hash.
  BoundedStore(std::size_t entries, std::size_t bytes, std::uint64_t seed);
  BoundedStore(const BoundedStore&) = delete;
  BoundedStore& operator=(const BoundedStore&) = delete;

  // One key's place, locked for as long as this lives. Do nothing slow meanwhile, and lock no second one.
  class Access {
   public:
    // The entry if it is there and live. May be edited in place, but for its text. Valid until the next put or erase.
    Item* find();
    Put put(const NewItem& item, bool may_evict = true);
    // Whether a live one was there.
    bool erase();

   private:
    friend class BoundedStore;
    Access(BoundedStore& store, Shard& shard, std::string_view key, std::uint64_t hash, MonoMs now)
        : store_(store), shard_(shard), lock_(shard.mutex), key_(key), hash_(hash), now_(now) {}
    BoundedStore& store_;
    Shard& shard_;
    std::unique_lock<std::mutex> lock_;
    std::string_view key_;
    std::uint64_t hash_;
    MonoMs now_;
  };
  Access lock(std::string_view key, MonoMs now);

  void clear();
  // Appends at most `limit` keys of live entries (0: all), in no order.
  void keys(MonoMs now, std::size_t limit, std::vector<std::string>& out);

  struct Sizes {
    std::size_t entries = 0;  // with those past their deadline that nobody has met yet
    std::size_t bytes = 0;
    std::uint64_t evictions = 0;
  };
  Sizes sizes() const;
  std::size_t capacity_bytes() const { return shard_bytes_ * shard_count_; }

 private:
  static constexpr std::uint32_t kNowhere = 0xffffffff;
  static std::size_t charge(std::size_t key_bytes, std::size_t text_bytes);
  static std::size_t charge(const Slot& slot) { return charge(slot.key.size(), slot.item.text.size()); }
  static bool expired(const Item& item, MonoMs now) { return item.expires != 0 && item.expires <= now; }
  static std::uint32_t find_slot(const Shard& shard, std::uint64_t hash, std::string_view key);
  static void index_add(Shard& shard, std::uint32_t slot);
  static void index_remove(Shard& shard, std::uint32_t slot);
  static void release(Shard& shard, std::uint32_t slot);
  static void sweep_some(Shard& shard, MonoMs now);
  // Frees one entry other than `keep`, a live one only if it may; false: there is none. Counts the live ones.
  static bool evict_one(Shard& shard, MonoMs now, std::uint32_t keep, bool may_evict_live, bool& was_live);

  const SipKey hash_key_;
  std::size_t shard_count_;  // power of two
  std::size_t shard_entries_;
  std::size_t shard_bytes_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace moongate
