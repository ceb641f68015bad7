#include "cache/bounded_store.h"

#include <algorithm>
#include <bit>

namespace moongate {
namespace {

constexpr std::size_t kMaxShards = 16;
constexpr std::size_t kEntriesPerShard = 64;           // fewer shards for a small store: it must hold what it promises
constexpr std::size_t kBytesPerShard = 256 * 1024;
constexpr std::size_t kInline = 15;                    // what std::string keeps without the heap
constexpr std::size_t kHeapBlock = 24;                 // header and rounding of one heap block, about
constexpr std::size_t kTextSlack = 64;                 // a shorter text keeps the block of a longer one up to here
constexpr int kSweepPerPut = 2;

std::size_t shards_for(std::size_t entries, std::size_t bytes) {
  const std::size_t wanted = std::min(entries / kEntriesPerShard, bytes / kBytesPerShard);
  return std::bit_floor(std::clamp<std::size_t>(wanted, 1, kMaxShards));
}

std::size_t heap_bytes(std::size_t text) { return text <= kInline ? 0 : text + kHeapBlock; }

}  // namespace

BoundedStore::BoundedStore(std::size_t entries, std::size_t bytes, std::uint64_t seed)
    : hash_key_{seed, seed * 0x9E3779B97F4A7C15u + 1},
      shard_count_(shards_for(entries, bytes)),
      shard_entries_(std::max<std::size_t>(1, (entries + shard_count_ - 1) / shard_count_)),
      shard_bytes_(std::max<std::size_t>(1, bytes / shard_count_)),
      shards_(std::make_unique<Shard[]>(shard_count_)) {}

std::size_t BoundedStore::charge(std::size_t key_bytes, std::size_t text_bytes) {
  // The slot, and its two places in an index that is at most half full.
  return sizeof(Slot) + 2 * sizeof(std::uint32_t) + heap_bytes(key_bytes) + heap_bytes(text_bytes);
}

BoundedStore::Access BoundedStore::lock(std::string_view key, MonoMs now) {
  const std::uint64_t hash = siphash24(hash_key_, key);
  return Access(*this, shards_[(hash >> 56) & (shard_count_ - 1)], key, hash, now);
}

std::uint32_t BoundedStore::find_slot(const Shard& shard, std::uint64_t hash, std::string_view key) {
  if (shard.index.empty()) return kNowhere;
  const std::size_t mask = shard.index.size() - 1;
  for (std::size_t at = hash & mask; shard.index[at] != 0; at = (at + 1) & mask) {
    const std::uint32_t slot = shard.index[at] - 1;
    if (shard.slots[slot].hash == hash && shard.slots[slot].key == key) return slot;
  }
  return kNowhere;
}

void BoundedStore::index_add(Shard& shard, std::uint32_t slot) {
  if ((shard.used + 1) * 2 > shard.index.size()) {
    std::vector<std::uint32_t> larger(std::max<std::size_t>(16, shard.index.size() * 2));
    const std::size_t mask = larger.size() - 1;
    for (const std::uint32_t each : shard.index) {
      if (each == 0) continue;
      std::size_t at = shard.slots[each - 1].hash & mask;
      while (larger[at] != 0) at = (at + 1) & mask;
      larger[at] = each;
    }
    shard.index.swap(larger);
  }
  const std::size_t mask = shard.index.size() - 1;
  std::size_t at = shard.slots[slot].hash & mask;
  while (shard.index[at] != 0) at = (at + 1) & mask;
  shard.index[at] = slot + 1;
}

void BoundedStore::index_remove(Shard& shard, std::uint32_t slot) {
  const std::size_t mask = shard.index.size() - 1;
  std::size_t hole = shard.slots[slot].hash & mask;
  while (shard.index[hole] != slot + 1) hole = (hole + 1) & mask;
  // Whoever stands behind the hole and may stand in it moves up, so that no search ends too early.
  for (std::size_t at = (hole + 1) & mask; shard.index[at] != 0; at = (at + 1) & mask) {
    const std::size_t home = shard.slots[shard.index[at] - 1].hash & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      shard.index[hole] = shard.index[at];
      hole = at;
    }
  }
  shard.index[hole] = 0;
}

void BoundedStore::release(Shard& shard, std::uint32_t slot) {
  Slot& gone = shard.slots[slot];
  index_remove(shard, slot);
  shard.bytes -= charge(gone);
  --shard.used;
  gone.used = gone.referenced = false;
  gone.key = std::string();
  gone.item = Item();
  shard.free_slots.push_back(slot);
}

void BoundedStore::sweep_some(Shard& shard, MonoMs now) {
  for (int i = 0; i < kSweepPerPut && !shard.slots.empty(); ++i) {
    if (shard.sweep >= shard.slots.size()) shard.sweep = 0;
    const Slot& slot = shard.slots[shard.sweep];
    if (slot.used && expired(slot.item, now)) release(shard, static_cast<std::uint32_t>(shard.sweep));
    ++shard.sweep;
  }
}

bool BoundedStore::evict_one(Shard& shard, MonoMs now, std::uint32_t keep, bool may_evict_live, bool& was_live) {
  // Twice round at most: the first pass may only take the marks away.
  for (std::size_t steps = 2 * shard.slots.size(); steps != 0; --steps) {
    if (shard.hand >= shard.slots.size()) shard.hand = 0;
    const auto at = static_cast<std::uint32_t>(shard.hand++);
    Slot& slot = shard.slots[at];
    if (!slot.used || at == keep) continue;
    const bool live = !expired(slot.item, now);
    if (live && !may_evict_live) continue;
    if (live && slot.referenced) {
      slot.referenced = false;
      continue;
    }
    was_live = live;
    if (live) ++shard.evictions;
    release(shard, at);
    return true;
  }
  return false;
}

BoundedStore::Item* BoundedStore::Access::find() {
  const std::uint32_t at = find_slot(shard_, hash_, key_);
  if (at == kNowhere) return nullptr;
  Slot& slot = shard_.slots[at];
  if (expired(slot.item, now_)) {
    release(shard_, at);
    return nullptr;
  }
  slot.referenced = true;
  return &slot.item;
}

BoundedStore::Put BoundedStore::Access::put(const NewItem& item, bool may_evict) {
  const std::size_t needed = charge(key_.size(), item.text.size());
  if (needed > store_.shard_bytes_) return Put::kNoRoom;
  sweep_some(shard_, now_);

  std::uint32_t at = find_slot(shard_, hash_, key_);
  std::size_t held = at == kNowhere ? 0 : charge(shard_.slots[at]);
  bool evicted = false;
  while (shard_.bytes - held + needed > store_.shard_bytes_ || (at == kNowhere && shard_.used >= store_.shard_entries_)) {
    bool was_live = false;
    if (!evict_one(shard_, now_, at, may_evict, was_live)) return Put::kNoRoom;
    evicted |= was_live;
  }

  if (at == kNowhere) {
    if (shard_.free_slots.empty()) {
      at = static_cast<std::uint32_t>(shard_.slots.size());
      shard_.slots.emplace_back();
    } else {
      at = shard_.free_slots.back();
      shard_.free_slots.pop_back();
    }
    Slot& fresh = shard_.slots[at];
    fresh.hash = hash_;
    fresh.key.assign(key_);
    fresh.used = true;
    index_add(shard_, at);
    ++shard_.used;
  }
  Slot& slot = shard_.slots[at];
  slot.referenced = held != 0;
  if (slot.item.text.capacity() > item.text.size() + kTextSlack) {
    slot.item.text = std::string(item.text);  // gives a much longer text's block back
  } else {
    slot.item.text.assign(item.text);
  }
  slot.item.number = item.number;
  slot.item.expires = item.expires;
  slot.item.flags = item.flags;
  slot.item.kind = item.kind;
  shard_.bytes += needed - held;
  return evicted ? Put::kStoredEvicting : Put::kStored;
}

bool BoundedStore::Access::erase() {
  const std::uint32_t at = find_slot(shard_, hash_, key_);
  if (at == kNowhere) return false;
  const bool live = !expired(shard_.slots[at].item, now_);
  release(shard_, at);
  return live;
}

void BoundedStore::clear() {
  for (std::size_t i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    std::lock_guard lock(shard.mutex);
    shard.slots = {};
    shard.free_slots = {};
    shard.index = {};
    shard.used = shard.bytes = shard.hand = shard.sweep = 0;
  }
}

void BoundedStore::keys(MonoMs now, std::size_t limit, std::vector<std::string>& out) {
  for (std::size_t i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    std::lock_guard lock(shard.mutex);
    for (const Slot& slot : shard.slots) {
      if (!slot.used || expired(slot.item, now)) continue;
      if (limit != 0 && out.size() >= limit) return;
      out.push_back(slot.key);
    }
  }
}

BoundedStore::Sizes BoundedStore::sizes() const {
  Sizes all;
  for (std::size_t i = 0; i < shard_count_; ++i) {
    Shard& shard = shards_[i];
    std::lock_guard lock(shard.mutex);
    all.entries += shard.used;
    all.bytes += shard.bytes;
    all.evictions += shard.evictions;
  }
  return all;
}

}  // namespace moongate
