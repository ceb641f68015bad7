#include "config/client_index.h"

#include <bit>
#include <cstring>

#include "config/same_bytes.h"
#include "crypto/random.h"

namespace moongate {

SipKey random_sip_key() {
  const std::string bytes = random_bytes(16);
  SipKey key;
  std::memcpy(&key.k0, bytes.data(), 8);
  std::memcpy(&key.k1, bytes.data() + 8, 8);
  return key;
}

ClientIndex::ClientIndex(std::shared_ptr<const MapConfig> map, SipKey key) : map_(std::move(map)), key_(key) {
  slots_.resize(std::bit_ceil(map_->clients.size() * 2 + 2));
  mask_ = slots_.size() - 1;
  for (const Client& client : map_->clients) {
    // A token twice or an empty one is load_map's to refuse; here neither may let anybody in.
    if (!client.enabled || client.token.empty()) continue;
    const std::uint64_t hash = siphash24(key_, client.token.reveal());
    std::size_t at = hash & mask_;
    while (slots_[at].client != nullptr) at = (at + 1) & mask_;
    slots_[at] = {hash, client.token.reveal(), &client};
    ++clients_;
  }
}

const Client* ClientIndex::find(std::string_view token) const {
  if (token.empty()) return nullptr;
  const std::uint64_t hash = siphash24(key_, token);
  for (std::size_t at = hash & mask_; slots_[at].client != nullptr; at = (at + 1) & mask_) {
    if (slots_[at].hash == hash && same_bytes(slots_[at].token, token)) {
      return slots_[at].client;
    }
  }
  return nullptr;
}

}  // namespace moongate
