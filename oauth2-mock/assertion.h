// What a virtual service account signs and sends to us.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crypto/jwt.h"
#include "oauth2-mock/parts.h"

namespace moongate {

struct VerifiedAssertion {
  std::shared_ptr<const VirtualAccount> account;
  JwtClaims claims;
};

// Checks everything but the audience: form, algorithm, key, signature, times, account, no delegation.
// Otherwise Google's answer to that.
OrReply<VerifiedAssertion> verify_assertion(const OAuthParts& parts, std::string_view text);
// Whether `aud` is a single string that names our token endpoint, in any of its spellings.
bool is_for_token_endpoint(const OAuthParts& parts, const JwtClaims& claims);

}  // namespace moongate
