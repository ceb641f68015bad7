// The stored keys that were presented lately: what stands between a request and the store.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/records.h"

namespace moongate {

// Of the whole process; safe from any thread, and no lock is held while anybody works.
//
// Every answer carries the directory's generation at which it was read, and is good only as long as no newer one is
// known: after a change was heard of, nothing older is believed. Besides, it is forgotten after a time, for changes that
// nobody heard of.
class KeyDirectory {
 public:
  struct Options {
    std::int64_t ttl_s = 30;
    std::int64_t negative_ttl_s = 5;  // of keys that do not exist
    std::size_t entries = 200'000;
  };
  // `clock` must outlive it.
  KeyDirectory(Options options, const Clock& clock) : options_(options), clock_(clock) {}
  KeyDirectory(const KeyDirectory&) = delete;

  enum class Found : std::uint8_t {
    kHolder,
    kNobody,  // there is no such key
    kNotYet,  // somebody has to look: begin()
  };
  // By the key's digest, in hex.
  Found find(std::string_view sha256, std::shared_ptr<const KeyHolder>& holder);

  // Of all who miss the same key, the first is told true: it must look it up and call put() or give_up(), whatever
  // happens. The others' `wake` is called then, once, from that thread; they ask find() again.
  bool begin(std::string_view sha256, std::function<void()> wake);
  // `holder` null: there is no such key. `generation`: of the directory, read before the key was.
  void put(std::string_view sha256, std::shared_ptr<const KeyHolder> holder, std::int64_t generation);
  void give_up(std::string_view sha256);

  // Somebody heard of this generation. An older one than known changes nothing.
  void heard_of(std::int64_t generation);
  std::int64_t generation() const { return generation_.load(std::memory_order_acquire); }

  // A key was used; take_used() hands out what came together since the call before, for the store.
  void touch(const std::string& key_id, std::int64_t now_s);
  std::vector<std::pair<std::string, std::int64_t>> take_used();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Entry {
    std::shared_ptr<const KeyHolder> holder;
    std::int64_t expires_ms = 0;  // monotonic
    std::int64_t generation = -1;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries;
    std::unordered_map<std::string, std::vector<std::function<void()>>, Hash, std::equal_to<>> waiting;
    std::unordered_map<std::string, std::int64_t> used;
  };
  static constexpr std::size_t kShards = 16;
  Shard& shard_of(std::string_view text) { return shards_[Hash()(text) % kShards]; }
  std::vector<std::function<void()>> end_wait(Shard& shard, std::string_view sha256);

  Options options_;
  const Clock& clock_;
  std::atomic<std::int64_t> generation_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace moongate
