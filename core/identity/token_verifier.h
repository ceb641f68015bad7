// What a Bearer of the mock OAuth2 is worth: access tokens that we sealed, and JWTs that a virtual service
// account signed itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/jwt.h"
#include "crypto/sealed_box.h"
#include "identity/access_token.h"
#include "identity/virtual_account.h"

namespace moongate {

struct VerifiedToken {
  enum class Kind : std::uint8_t { kAccessToken, kSelfSignedJwt };
  Kind kind = Kind::kAccessToken;
  std::shared_ptr<const VirtualAccount> account;  // null: the token stands for the OAuth client alone
  std::string client_id;                          // OAuth client that asked for it; may be empty
  std::string scope;
  std::string id;      // jti; empty for most self-signed JWTs
  std::string family;  // see AccessToken
  std::int64_t issued_at_s = 0;
  std::int64_t expires_at_s = 0;
  std::uint64_t generation = 0;  // of the snapshot that it was verified against

  // The virtual account's id, or the client's.
  const std::string& subject() const { return account ? account->id : client_id; }
};

// Every spelling of our token endpoint's address that an assertion's `aud` may have: the one in the key files
// that we issue first, then our other paths, then Google's own, which Google's libraries insist on.
std::vector<std::string> token_endpoint_audiences(std::string_view public_url);

// Safe from any thread; verify() takes no lock that waits for a publisher's work and touches no store.
class TokenVerifier {
 public:
  // `endpoint_audiences`: see above. `skew_s`: tolerated in a self-signed JWT's iat and exp.
  TokenVerifier(SealedBox box, std::vector<std::string> endpoint_audiences, std::int64_t skew_s);

  // Puts a newer snapshot in place of the one before. Until the first, every token is refused.
  void publish(std::shared_ptr<const IdentitySnapshot> snapshot) { snapshot_.store(std::move(snapshot)); }
  std::shared_ptr<const IdentitySnapshot> snapshot() const { return snapshot_.load(); }
  // A result of verify() may be kept until its expires_at_s, as long as this is still its generation.
  std::uint64_t generation() const;

  // Whether verify() could accept such a text at all; false for static keys, which other places know.
  static bool is_candidate(std::string_view token);

  // Error kUnauthenticated: not ours, expired, revoked, or of an unknown or disabled account or client; and
  // for a self-signed JWT whatever is wrong with it. Costs microseconds for an access token and tens of them
  // for a JWT: keep the result.
  Result<VerifiedToken> verify(std::string_view token, std::int64_t now_s) const;

 private:
  Result<VerifiedToken> verify_sealed(std::string_view token, std::int64_t now_s,
                                      const IdentitySnapshot& snapshot) const;
  Result<VerifiedToken> verify_self_signed(std::string_view token, std::int64_t now_s,
                                           const IdentitySnapshot& snapshot) const;

  SealedBox box_;
  std::vector<std::string> endpoint_audiences_;
  std::int64_t skew_s_;
  std::atomic<std::shared_ptr<const IdentitySnapshot>> snapshot_;
};

}  // namespace moongate
