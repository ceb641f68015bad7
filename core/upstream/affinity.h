// Which account a conversation, or a resource made through it, belongs to.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace moongate {

// Names of accounts under keys, each for as long as it was last asked for; the least recently used go first when it is
// full. Thread-safe. Behind it stands the cache that several gateways share: who does not find a key here looks there and
// puts what it finds here.
class AffinityTable {
 public:
  AffinityTable(const Clock& clock, std::size_t capacity) : clock_(clock), capacity_(capacity) {}
  AffinityTable(const AffinityTable&) = delete;

  // The account's label, or "" when nothing (any more) is known.
  std::string find(const std::string& key);
  // From now on for `ttl_ms`. True: worth telling the shared cache (it is new, another account's, or a good part of the
  // time that the cache was told has passed).
  bool put(const std::string& key, std::string_view account, std::int64_t ttl_ms);
  std::size_t size() const;

 private:
  struct Entry {
    std::string key;
    std::string account;
    MonoMs until = 0;
    MonoMs told = 0;  // when put() last said true
  };
  using Entries = std::list<Entry>;

  const Clock& clock_;
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  Entries entries_;  // the last used in front
  std::unordered_map<std::string_view, Entries::iterator> index_;  // of keys in entries_
};

}  // namespace moongate
