// Google access tokens that the simulator has issued, and the keys whose assertions it believes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "crypto/rsa_key.h"

namespace moongate::sim {

enum class TokenState : std::uint8_t { kUnknown, kExpired, kRevoked, kValid };

class TokenStore {
 public:
  static constexpr std::int64_t kLifetimeS = 3599;

  TokenStore(const Clock& clock, bool accept_any, std::vector<RsaPublicKey> keys)
      : clock_(clock), accept_any_(accept_any), keys_(std::move(keys)) {}

  // "ya29.sim-…", good for kLifetimeS. When there are very many the expired go, and if that is not enough,
  // all.
  std::string issue();
  // With accept_any every token that is not revoked is kValid.
  TokenState check(std::string_view token) const;
  // Every token issued until now is refused from now on.
  void revoke_all();

  const std::vector<RsaPublicKey>& keys() const { return keys_; }
  std::int64_t issued() const { return issued_; }

 private:
  struct Entry {
    std::int64_t expires_s = 0;
    bool revoked = false;
  };
  const Clock& clock_;
  bool accept_any_;
  std::vector<RsaPublicKey> keys_;
  std::unordered_map<std::string, Entry> tokens_;
  std::int64_t issued_ = 0;
};

}  // namespace moongate::sim
