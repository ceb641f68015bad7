// RFC 8693 as Google's Security Token Service speaks it: a credential of a virtual account for an access
// token.
#include <algorithm>

#include "oauth2-mock/assertion.h"
#include "oauth2-mock/external_account.h"
#include "oauth2-mock/token_endpoint.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

constexpr std::string_view kTokenTypes = "urn:ietf:params:oauth:token-type:";

HttpResponse invalid_request(std::string_view description) {
  return oauth_error(400, "invalid_request", description);
}
HttpResponse invalid_grant(std::string_view description) {
  return oauth_error(400, "invalid_grant", description);
}

// A token for somebody else must not be turned into one for us: it has to name our token endpoint, or the
// pretended identity provider of the very account.
bool meant_for_exchange(const OAuthParts& parts, const JwtClaims& claims, const VirtualAccount& account) {
  return is_for_token_endpoint(parts, claims) || claims.audience_is(parts.settings.url("")) ||
         claims.audience_is(workload_audience(account));
}

// The account of an id token that we signed.
OrReply<VerifiedAssertion> verify_own_id_token(const OAuthParts& parts, const DecodedJwt& token) {
  const KeyRing::Key key = parts.keys.find(token.key_id);
  if (!key || token.claims.issuer != kIssuer || !verify_rs256(token, key->key.public_key())) {
    return invalid_grant(
        "The subject token is neither an id token of this server nor signed by a service account.");
  }
  const Status in_time = check_times(token.claims, {parts.now_s(), 0, 3600});
  if (!in_time) return invalid_grant("ID Token is stale to sign-in: " + in_time.error().message);
  std::shared_ptr<const VirtualAccount> account = parts.directory.snapshot()->find_id(token.claims.subject);
  if (!account) return invalid_grant("Invalid grant: account not found");
  if (!account->enabled) return oauth_error(400, "disabled_client", "The OAuth client was disabled.");
  return VerifiedAssertion{std::move(account), token.claims};
}

OrReply<VerifiedAssertion> verify_subject(const OAuthParts& parts, const std::string& text) {
  const Result<DecodedJwt> decoded = decode_jwt(text);
  if (!decoded) return invalid_grant("The subject token cannot be read: " + decoded.error().message);
  if (decoded->claims.issuer == kIssuer) return verify_own_id_token(parts, *decoded);
  return verify_assertion(parts, text);
}

}  // namespace

HttpResponse grant_token_exchange(OAuthParts& parts, const HttpRequest&, const Form& form) {
  for (const char* name : {"subject_token", "subject_token_type"}) {
    if (!form.has(name)) return invalid_request("Missing required parameter: " + std::string(name));
  }
  if (form.has("actor_token")) return invalid_request("actor_token is not supported.");
  std::string_view type = form.get("subject_token_type");
  if (!type.starts_with(kTokenTypes)) return invalid_request("Invalid value for \"subject_token_type\".");
  type.remove_prefix(kTokenTypes.size());
  if (type != "id_token" && type != "jwt") {
    return invalid_request("Invalid value for \"subject_token_type\": id_token and jwt are supported.");
  }
  const std::string access_token = std::string(kTokenTypes) + "access_token";
  if (form.has("requested_token_type") && form.get("requested_token_type") != access_token) {
    return invalid_request("Invalid value for \"requested_token_type\": access_token is supported.");
  }
  OrReply<VerifiedAssertion> verified = verify_subject(parts, form.get("subject_token"));
  if (auto* refused = std::get_if<HttpResponse>(&verified)) return std::move(*refused);
  const auto& [account, claims] = std::get<VerifiedAssertion>(verified);
  if (!meant_for_exchange(parts, claims, *account)) {
    return invalid_grant("The audience of the subject token does not match the expected audience.");
  }
  const std::optional<std::string> scope = normal_scope(form.get("scope"));
  if (!scope) return oauth_error(400, "invalid_scope", "The scope has characters that a scope cannot have.");
  const std::string granted = scope->empty() ? std::string(kCloudPlatform) : *scope;
  boost::json::object answer = access_token_answer(parts, {account, "", ""}, granted);
  answer["issued_token_type"] = access_token;
  answer["scope"] = granted;
  return json_reply(200, answer);
}

}  // namespace moongate
