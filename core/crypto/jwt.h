// JSON Web Tokens (RFC 7519) with RS256 and HS256. The caller says which algorithm it expects; a token never
// chooses, so "none" and an HS256 made with a public key have nothing to hold on to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/rsa_key.h"

namespace moongate {

inline constexpr std::size_t kMaxJwtBytes = 16 * 1024;

struct JwtClaims {
  std::string issuer;                 // iss; empty when absent, as with every text here
  std::string subject;                // sub
  std::vector<std::string> audience;  // aud: a string gives one, an array all of it
  bool audience_is_list = false;      // Google refuses an array, even of one
  std::string scope;
  std::string target_audience;                                    // Google's: asks for an id token
  std::optional<std::int64_t> issued_at, expires_at, not_before;  // iat, exp, nbf: Unix seconds

  bool audience_is(std::string_view wanted) const {
    return !audience_is_list && audience.size() == 1 && audience.front() == wanted;
  }
};

// A token taken apart. Nothing in it may be believed before one of the verify functions said yes.
struct DecodedJwt {
  std::string algorithm;  // header
  std::string key_id;
  std::string type;
  JwtClaims claims;
  std::string payload;      // the claims as sent (JSON), for what JwtClaims does not name
  std::string signed_part;  // the very bytes that were signed: "header.payload" as sent, padding and all
  std::string signature;    // raw
};

// Takes a token apart strictly: at most kMaxJwtBytes, exactly three segments of base64url (with or without
// '='), two JSON objects of bounded depth, registered claims of the right type, no `crit` extensions.
// Error kInvalid; the message says what is wrong and holds none of the token.
Result<DecodedJwt> decode_jwt(std::string_view token);

// The signature is right *and* the header names that very algorithm.
bool verify_rs256(const DecodedJwt& token, const RsaPublicKey& key);
bool verify_hs256(const DecodedJwt& token, std::string_view secret);

struct JwtTimes {
  std::int64_t now_s = 0;
  std::int64_t skew_s = 0;             // how far the signer's clock may be off, both ways
  std::int64_t max_lifetime_s = 3600;  // exp - iat; 0: no bound, and iat need not be there
};
// iat is not in the future, exp is later than now and than iat and no further than allowed, nbf has come.
// Error kUnauthenticated; the message names the claim.
Status check_times(const JwtClaims& claims, const JwtTimes& times);

// `payload` is a JSON object. An empty `key_id` leaves kid out.
std::string sign_rs256_jwt(const RsaPrivateKey& key, std::string_view key_id, std::string_view payload);
std::string sign_hs256_jwt(std::string_view secret, std::string_view key_id, std::string_view payload);

}  // namespace moongate
