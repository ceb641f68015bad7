#include "oauth2-mock/assertion.h"

#include <algorithm>

#include "oauth2-mock/token_endpoint.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

constexpr std::int64_t kMaxLifetimeS = 3600;
constexpr std::size_t kMaxAudience = 2048;

HttpResponse invalid_grant(std::string_view description) {
  return oauth_error(400, "invalid_grant", description);
}

}  // namespace

OrReply<VerifiedAssertion> verify_assertion(const OAuthParts& parts, std::string_view text) {
  const Result<DecodedJwt> decoded = decode_jwt(text);
  if (!decoded) return invalid_grant("Invalid JWT: " + decoded.error().message);
  const JwtClaims& claims = decoded->claims;
  const std::shared_ptr<const VirtualAccount> account = parts.directory.snapshot()->find_email(claims.issuer);
  if (!account) return invalid_grant("Invalid grant: account not found");
  std::int64_t until_s = 0;
  const RsaPublicKey* key =
      account->key(decoded->key_id.empty() ? account->key_id : decoded->key_id, parts.now_s(), until_s);
  if (key == nullptr || !verify_rs256(*decoded, *key)) return invalid_grant("Invalid JWT Signature.");
  if (!account->enabled) return oauth_error(400, "disabled_client", "The OAuth client was disabled.");
  const std::int64_t skew_s = parts.settings.clock_skew_s;
  const Status in_time = check_times(claims, {parts.now_s(), skew_s, kMaxLifetimeS + skew_s});
  if (!in_time) {
    return invalid_grant(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check "
        "your iat "
        "and exp values in the JWT claim. (" +
        in_time.error().message + ")");
  }
  if (!claims.subject.empty() && claims.subject != claims.issuer) {
    return oauth_error(
        401, "unauthorized_client",
        "Client is unauthorized to retrieve access tokens using this method, or client not authorized "
        "for any of the scopes requested.");
  }
  return VerifiedAssertion{account, claims};
}

bool is_for_token_endpoint(const OAuthParts& parts, const JwtClaims& claims) {
  const std::vector<std::string> audiences = token_endpoint_audiences(parts.settings.public_url);
  return std::any_of(audiences.begin(), audiences.end(),
                     [&](const std::string& one) { return claims.audience_is(one); });
}

HttpResponse grant_jwt_bearer(OAuthParts& parts, const HttpRequest&, const Form& form) {
  if (!form.has("assertion"))
    return oauth_error(400, "invalid_request", "Missing required parameter: assertion");
  OrReply<VerifiedAssertion> verified = verify_assertion(parts, form.get("assertion"));
  if (auto* refused = std::get_if<HttpResponse>(&verified)) return std::move(*refused);
  const auto& [account, claims] = std::get<VerifiedAssertion>(verified);
  if (!is_for_token_endpoint(parts, claims)) {
    return invalid_grant("Invalid JWT: Failed audience check. The right audience is " +
                         parts.settings.url("/token"));
  }
  const TokenSubject subject{account, "", ""};
  if (!claims.target_audience.empty()) {
    if (claims.target_audience.size() > kMaxAudience) {
      return oauth_error(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    }
    return json_reply(
        200, {{"id_token", mint_id_token(parts, subject, {claims.target_audience, "", "", "", true})}});
  }
  const std::optional<std::string> scope = normal_scope(claims.scope);
  if (!scope || scope->empty()) {
    return oauth_error(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  }
  return json_reply(200, access_token_answer(parts, subject, *scope));
}

}  // namespace moongate
