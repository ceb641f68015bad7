// From a presented credential to who is calling. One per worker; what it found is kept for a while.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "config/snapshot.h"
#include "identity/token_verifier.h"
#include "proxy/exchange.h"

namespace moongate {

class ClientDirectory {
 public:
  ClientDirectory(const TokenVerifier& verifier, const Clock& clock);

  // From now on static clients are those of this snapshot.
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot);
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

  // The enabled client with this credential: a static client of the map, else what a virtual token stands for.
  // kUnauthenticated: nobody, expired, revoked or disabled; the message is fit for the caller and holds nothing of the
  // credential. The identity is the same object for every request of a client until the snapshot changes.
  Result<std::shared_ptr<const Identity>> find(std::string_view credential);

 private:
  struct Kept {
    std::shared_ptr<const Identity> identity;
    std::int64_t expires_at_s = 0;
  };
  std::shared_ptr<const Identity> static_identity(const Client& client);
  Result<std::shared_ptr<const Identity>> find_token(std::string_view credential);

  const TokenVerifier& verifier_;
  const Clock& clock_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unordered_map<const Client*, std::shared_ptr<const Identity>> static_;
  std::unordered_map<std::string, Kept> tokens_;     // by the token; bounded, emptied when identities change
  std::unordered_map<std::string, std::shared_ptr<const Identity>> virtual_;  // by the subject
  std::uint64_t token_generation_ = 0;
};

}  // namespace moongate
