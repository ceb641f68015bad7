// Authorization codes between consent and token: ten minutes, in memory, each good once.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/random.h"

namespace moongate {

struct AuthorizationGrant {
  std::string client_id;
  std::string account_id;  // virtual account that was agreed to; empty: the client itself
  std::string redirect_uri;
  std::string scope;
  std::string nonce;
  std::string challenge;  // PKCE; empty: none
  bool challenge_s256 = false;
  bool offline = false;  // a refresh token was asked for
  std::string family;    // of the tokens that come of it
};

// Safe from any thread. Codes do not outlast a restart: whoever was in the middle agrees again.
class AuthorizationCodes {
 public:
  static constexpr std::int64_t kLifetimeS = 600;
  static constexpr std::size_t kMost = 10'000;

  // The code for a consent; nothing: too many are open, which only an attack brings about.
  std::optional<std::string> issue(AuthorizationGrant grant, std::int64_t now_s, Random& random);

  struct Redeemed {
    AuthorizationGrant grant;
    bool reused = false;  // it was redeemed before: what came of it must be revoked
  };
  // The grant of a code, which is used up by this. Nothing: unknown, expired, or another client's (whose
  // code stays as it is).
  std::optional<Redeemed> redeem(std::string_view code, std::string_view client_id, std::int64_t now_s);

 private:
  struct Entry {
    AuthorizationGrant grant;
    std::int64_t expires_at_s = 0;
    bool used = false;
  };
  std::mutex mutex_;                                   // guards entries_
  std::map<std::string, Entry, std::less<>> entries_;  // by the code's digest
};

// RFC 7636: whether `verifier` belongs to the grant's challenge, and is well-formed.
bool challenge_met(const AuthorizationGrant& grant, std::string_view verifier);

}  // namespace moongate
