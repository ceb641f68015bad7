// The mock OAuth2's access tokens: "ya29.mg-" and a sealed text that says whom they stand for. Whoever has
// the key reads them without asking anyone; nobody else learns anything from one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/sealed_box.h"

namespace moongate {

inline constexpr std::string_view kAccessTokenPrefix = "ya29.mg-";
inline constexpr std::size_t kMaxAccessTokenBytes = 8 * 1024;

struct AccessToken {
  std::string account_id;  // virtual account; empty: the token stands for the client itself
  std::string client_id;   // OAuth client that asked for it; empty: the account did, by its key
  std::string scope;
  std::string id;      // jti
  std::string family;  // of refresh tokens that it came with; empty: none
  std::int64_t issued_at_s = 0;
  std::int64_t expires_at_s = 0;
};

// The key of access tokens, derived from the master key.
SealedBox access_token_box(const Secret& master_key);

std::string seal_access_token(const SealedBox& box, const AccessToken& token, Random& random);
// Nothing: not one of ours, or changed. The time is not looked at.
std::optional<AccessToken> open_access_token(const SealedBox& box, std::string_view text);

}  // namespace moongate
