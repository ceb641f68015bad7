#include "simulator/token_store.h"

#include "crypto/random.h"

namespace moongate::sim {
namespace {

constexpr std::size_t kMostTokens = 100'000;

}  // namespace

std::string TokenStore::issue() {
  const std::int64_t now = clock_.unix_seconds();
  if (tokens_.size() >= kMostTokens) {
    std::erase_if(tokens_, [now](const auto& each) { return each.second.expires_s <= now; });
    if (tokens_.size() >= kMostTokens) tokens_.clear();
  }
  std::string token = "ya29.sim-" + random_token(48);
  tokens_[token] = {now + kLifetimeS, false};
  ++issued_;
  return token;
}

TokenState TokenStore::check(std::string_view token) const {
  const auto found = tokens_.find(std::string(token));
  if (found == tokens_.end())
    return accept_any_ && !token.empty() ? TokenState::kValid : TokenState::kUnknown;
  if (found->second.revoked) return TokenState::kRevoked;
  return found->second.expires_s > clock_.unix_seconds() ? TokenState::kValid : TokenState::kExpired;
}

void TokenStore::revoke_all() {
  for (auto& [token, entry] : tokens_) entry.revoked = true;
}

}  // namespace moongate::sim
