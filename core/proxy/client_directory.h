// From a presented credential to who is calling. One per worker; what it found is kept for a while.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "config/snapshot.h"
#include "identity/inner_tokens.h"
#include "identity/key_directory.h"
#include "identity/token_verifier.h"
#include "proxy/exchange.h"
#include "proxy/stored_clients.h"

namespace moongate {

class ClientDirectory {
 public:
  // `keys` may be null: then there are no stored keys.
  ClientDirectory(const TokenVerifier& verifier, KeyDirectory* keys, const Clock& clock);

  // From now on static clients are those of this snapshot.
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot);
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // What the store says of clients and users.
  void set_stored(std::shared_ptr<const StoredClients> stored);

  // Tokens that the process made for itself are known from now on.
  void set_inner(const InnerTokens* inner) { inner_ = inner; }

  // A client of the map, else a stored key, else what a virtual token stands for; enabled, and its terms not expired.
  // kUnauthenticated: nobody, expired, revoked or disabled; the message is fit for the caller and holds nothing of the
  // credential. kUnavailable: a key that nobody has looked up yet; `digest` is then what it is looked up by. The identity is the same object
  // for every request of a client until something that it was made of changes.
  Result<std::shared_ptr<const Identity>> find(std::string_view credential, std::string* digest = nullptr);

 private:
  struct Kept {
    std::shared_ptr<const Identity> identity;
    std::int64_t expires_at_s = 0;
  };
  struct KeptKey {
    std::shared_ptr<const KeyHolder> holder;
    Result<std::shared_ptr<const Identity>> identity;
  };
  Result<std::shared_ptr<const Identity>> find_static(const Client& client);
  Result<std::shared_ptr<const Identity>> find_key(std::string_view credential, std::string* digest);
  Result<std::shared_ptr<const Identity>> find_inner(std::string_view credential);
  Result<std::shared_ptr<const Identity>> find_token(std::string_view credential);
  Result<std::shared_ptr<const Identity>> make_key_identity(const KeyHolder& holder) const;
  // What the store says of a client by this name is added to what is known of it. False: it is disabled there.
  bool add_stored(Identity& identity) const;
  Result<std::shared_ptr<const Identity>> in_time(std::shared_ptr<const Identity> identity) const;

  const TokenVerifier& verifier_;
  KeyDirectory* keys_;
  const Clock& clock_;
  const InnerTokens* inner_ = nullptr;
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const StoredClients> stored_;
  std::unordered_map<const Client*, std::shared_ptr<const Identity>> static_;  // null: disabled
  std::unordered_map<std::string, KeptKey> by_digest_;                         // bounded
  std::unordered_map<std::string, Kept> tokens_;  // by the token; bounded, emptied when identities change
  std::unordered_map<std::string, std::shared_ptr<const Identity>> virtual_;  // by the subject; null: disabled
  std::uint64_t token_generation_ = 0;
};

}  // namespace moongate
