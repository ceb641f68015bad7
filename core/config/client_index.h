// From a presented token to its client, on every request.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/siphash.h"
#include "config/map.h"

namespace moongate {

// A key for the index, drawn from the system's generator. Once a process is enough.
SipKey random_sip_key();

// Immutable; any thread may look up. Keeps its map alive.
class ClientIndex {
 public:
  ClientIndex(std::shared_ptr<const MapConfig> map, SipKey key);

  // The enabled client with this token; nullptr: there is none, or it is disabled. Valid as long as the index.
  // Allocates nothing. The time does not tell how much of a token was right: the table is entered by a keyed
  // hash, and only a token whose whole hash agrees is compared, in constant time.
  const Client* find(std::string_view token) const;

  std::size_t size() const { return clients_; }
  const std::shared_ptr<const MapConfig>& map() const { return map_; }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::string_view token;  // lies in the client's Secret, which the map keeps
    const Client* client = nullptr;
  };
  std::shared_ptr<const MapConfig> map_;
  SipKey key_;
  std::vector<Slot> slots_;  // open addressing, at most half full, a power of two
  std::size_t mask_ = 0;
  std::size_t clients_ = 0;
};

}  // namespace moongate
