#include "identity/token_verifier.h"

#include <algorithm>

#include "crypto/json_object.h"

namespace moongate {
namespace {

constexpr std::int64_t kMaxLifetime = 3600;

Error refused(std::string why) {
  return Error(ErrorKind::kUnauthenticated, std::move(why), ErrorSource::kClient);
}

}  // namespace

std::vector<std::string> token_endpoint_audiences(std::string_view public_url) {
  while (public_url.ends_with('/')) public_url.remove_suffix(1);
  std::vector<std::string> audiences;
  for (const char* path :
       {"/token", "/accounts.google.com/oauth2/token", "/accounts.google.com/o/oauth2/token",
        "/oauth2/v4/token", "/o/oauth2/token", "/oauth2/token", "/v1/token"}) {
    audiences.push_back(std::string(public_url) + path);
  }
  for (const char* url :
       {"https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token",
        "https://www.googleapis.com/oauth2/v3/token", "https://accounts.google.com/o/oauth2/token",
        "https://accounts.google.com/o/oauth2/v2/token", "https://accounts.google.com/oauth2/token"}) {
    audiences.emplace_back(url);
  }
  return audiences;
}

TokenVerifier::TokenVerifier(SealedBox box, std::vector<std::string> endpoint_audiences, std::int64_t skew_s)
    : box_(std::move(box)),
      endpoint_audiences_(std::move(endpoint_audiences)),
      skew_s_(skew_s),
      snapshot_(std::make_shared<const IdentitySnapshot>()) {}

std::uint64_t TokenVerifier::generation() const { return snapshot()->generation; }

bool TokenVerifier::is_candidate(std::string_view token) {
  return token.starts_with(kAccessTokenPrefix) ||
         (token.starts_with("ey") && std::count(token.begin(), token.end(), '.') == 2);
}

Result<VerifiedToken> TokenVerifier::verify(std::string_view token, std::int64_t now_s) const {
  const std::shared_ptr<const IdentitySnapshot> snapshot = this->snapshot();
  Result<VerifiedToken> verified = token.starts_with(kAccessTokenPrefix)
                                       ? verify_sealed(token, now_s, *snapshot)
                                       : verify_self_signed(token, now_s, *snapshot);
  if (verified) verified->generation = snapshot->generation;
  return verified;
}

Result<VerifiedToken> TokenVerifier::verify_sealed(std::string_view token, std::int64_t now_s,
                                                   const IdentitySnapshot& snapshot) const {
  std::optional<AccessToken> opened = open_access_token(box_, token);
  if (!opened) return refused("the access token is not one of ours");
  if (opened->expires_at_s <= now_s)
    return refused("the access token has expired; ask the token endpoint for a new one");
  if (snapshot.revoked.contains(opened->id) ||
      (!opened->family.empty() && snapshot.revoked.contains(opened->family))) {
    return refused("the access token was revoked");
  }
  VerifiedToken verified;
  if (!opened->account_id.empty()) {
    verified.account = snapshot.find_id(opened->account_id);
    if (!verified.account)
      return refused("the access token is of a service account that does not exist any more");
    if (!verified.account->enabled) return refused("the access token is of a disabled service account");
  }
  if (!opened->client_id.empty() && !snapshot.clients.contains(opened->client_id)) {
    return refused("the access token is of an unknown or disabled OAuth client");
  }
  if (opened->account_id.empty() && opened->client_id.empty())
    return refused("the access token names nobody");
  verified.client_id = std::move(opened->client_id);
  verified.scope = std::move(opened->scope);
  verified.id = std::move(opened->id);
  verified.family = std::move(opened->family);
  verified.issued_at_s = opened->issued_at_s;
  verified.expires_at_s = opened->expires_at_s;
  return verified;
}

Result<VerifiedToken> TokenVerifier::verify_self_signed(std::string_view token, std::int64_t now_s,
                                                        const IdentitySnapshot& snapshot) const {
  const Result<DecodedJwt> decoded = decode_jwt(token);
  if (!decoded) {
    Error error = decoded.error().wrap("the Bearer is neither an access token of ours nor a JWT");
    error.kind = ErrorKind::kUnauthenticated;
    return error;
  }
  const JwtClaims& claims = decoded->claims;
  if (decoded->algorithm != "RS256") return refused("a self-signed JWT must be signed with RS256");
  const std::shared_ptr<const VirtualAccount> account = snapshot.find_key(decoded->key_id);
  if (!account) return refused("the JWT's kid is not the key of any virtual service account");
  if (claims.issuer != account->email) return refused("the JWT's iss is not the service account of its key");
  if (!claims.subject.empty() && claims.subject != claims.issuer) {
    return refused("the JWT's sub is not its iss; a service account cannot stand for somebody else");
  }
  std::int64_t key_until_s = 0;
  const RsaPublicKey* key = account->key(decoded->key_id, now_s, key_until_s);
  if (key == nullptr) return refused("the JWT's kid is a key that was rotated away; use the new key file");
  if (!verify_rs256(*decoded, *key)) return refused("the JWT's signature is wrong");
  if (!account->enabled) return refused("the JWT is of a disabled service account");
  if (Status ok = check_times(claims, {now_s, skew_s_, kMaxLifetime}); !ok) return ok.error();
  if (claims.audience_is_list) return refused("the JWT's aud must be one string");
  if (claims.audience.empty() && claims.scope.empty()) return refused("the JWT has neither aud nor scope");
  if (!claims.target_audience.empty() ||
      (!claims.audience.empty() && std::find(endpoint_audiences_.begin(), endpoint_audiences_.end(),
                                             claims.audience.front()) != endpoint_audiences_.end())) {
    return refused("the JWT is an assertion for the token endpoint; exchange it there for an access token");
  }
  VerifiedToken verified;
  verified.kind = VerifiedToken::Kind::kSelfSignedJwt;
  if (const Result<boost::json::object> payload = parse_json_object(decoded->payload)) {
    verified.id = json_string(*payload, "jti").value_or("");
  }
  if (!verified.id.empty() && snapshot.revoked.contains(verified.id)) return refused("the JWT was revoked");
  verified.account = account;
  verified.scope = claims.scope;
  verified.issued_at_s = *claims.issued_at;
  verified.expires_at_s = *claims.expires_at + skew_s_;
  if (key_until_s != 0) verified.expires_at_s = std::min(verified.expires_at_s, key_until_s);
  return verified;
}

}  // namespace moongate
