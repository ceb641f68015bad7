#include "oauth2-mock/authorization_codes.h"

#include "crypto/hash.h"

namespace moongate {

std::optional<std::string> AuthorizationCodes::issue(AuthorizationGrant grant, std::int64_t now_s,
                                                     Random& random) {
  std::string code = "4/0A" + random_token(random, 60);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (entries_.size() >= kMost) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.second.expires_at_s <= now_s; });
    if (entries_.size() >= kMost) return std::nullopt;
  }
  entries_[sha256_hex(code)] = {std::move(grant), now_s + kLifetimeS, false};
  return code;
}

std::optional<AuthorizationCodes::Redeemed> AuthorizationCodes::redeem(std::string_view code,
                                                                       std::string_view client_id,
                                                                       std::int64_t now_s) {
  const std::string digest = sha256_hex(code);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end() || found->second.expires_at_s <= now_s ||
      found->second.grant.client_id != client_id) {
    return std::nullopt;
  }
  const bool reused = found->second.used;
  found->second.used = true;
  return Redeemed{found->second.grant, reused};
}

bool challenge_met(const AuthorizationGrant& grant, std::string_view verifier) {
  if (verifier.size() < 43 || verifier.size() > 128) return false;
  const std::string presented =
      grant.challenge_s256 ? base64url_encode(sha256(verifier)) : std::string(verifier);
  return constant_time_equal(presented, grant.challenge);
}

}  // namespace moongate
