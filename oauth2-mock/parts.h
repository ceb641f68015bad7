// What the handlers work with; OAuthService owns it, or was given it.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "identity/caller.h"
#include "identity/token_verifier.h"
#include "oauth2-mock/account_directory.h"
#include "oauth2-mock/authorization_codes.h"
#include "oauth2-mock/key_ring.h"
#include "oauth2-mock/oauth_settings.h"
#include "oauth2-mock/reply.h"
#include "store/store.h"

namespace moongate {

struct OAuthParts {
  const OAuthSettings& settings;
  Store& store;
  const Clock& clock;
  Random& random;
  const Logger& log;
  const TokenVerifier& verifier;
  const SealedBox& token_box;   // seals access tokens
  const std::string& form_key;  // authenticates the consent page's form
  AccountDirectory& directory;
  KeyRing& keys;
  AuthorizationCodes& codes;
  const Admission& admit;  // empty: the admin token and the local socket alone are known

  std::int64_t now_s() const { return clock.unix_seconds(); }
};

}  // namespace moongate
