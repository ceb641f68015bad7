// What follows a person's consent: the code for tokens, and the refresh token for further ones.
#include "crypto/hash.h"
#include "oauth2-mock/client_auth.h"
#include "oauth2-mock/token_endpoint.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

HttpResponse invalid_grant(std::string_view description) {
  return oauth_error(400, "invalid_grant", description);
}

// The account that agreed, as it is now; an answer when it is gone or disabled. Null for the client itself.
OrReply<std::shared_ptr<const VirtualAccount>> agreed_account(const OAuthParts& parts,
                                                              const std::string& id) {
  if (id.empty()) return std::shared_ptr<const VirtualAccount>();
  std::shared_ptr<const VirtualAccount> account = parts.directory.snapshot()->find_id(id);
  if (!account) return invalid_grant("Account has been deleted");
  if (!account->enabled) return invalid_grant("Account disabled");
  return account;
}

void add_id_token(OAuthParts& parts, boost::json::object& answer, const TokenSubject& subject,
                  const std::string& scope, const std::string& nonce) {
  if (!scope_has(scope, "openid")) return;
  const bool email =
      scope_has(scope, "email") || scope_has(scope, "https://www.googleapis.com/auth/userinfo.email");
  const std::string access_token(answer["access_token"].as_string());
  answer["id_token"] =
      mint_id_token(parts, subject, {subject.client_id, subject.client_id, nonce, access_token, email});
}

}  // namespace

HttpResponse grant_authorization_code(OAuthParts& parts, const HttpRequest& request, const Form& form) {
  const OrReply<OAuthClientRecord> client = authenticate_client(parts, request, form);
  if (const auto* refused = std::get_if<HttpResponse>(&client)) return *refused;
  const OAuthClientRecord& known = std::get<OAuthClientRecord>(client);
  if (!form.has("code")) return oauth_error(400, "invalid_request", "Missing required parameter: code");
  const auto redeemed = parts.codes.redeem(form.get("code"), known.id, parts.now_s());
  if (!redeemed) return invalid_grant("Malformed auth code.");
  const AuthorizationGrant& grant = redeemed->grant;
  if (redeemed->reused) {
    // RFC 6749 section 4.1.2: somebody else may have used it first.
    if (Status ok = revoke_family(parts, grant.family); !ok) return store_failed(parts.log, ok.error());
    parts.log.warn("an authorization code was used twice; its tokens are revoked", {{"client", known.id}});
    return invalid_grant("Bad Request");
  }
  if (form.get("redirect_uri") != grant.redirect_uri) {
    return oauth_error(400, "redirect_uri_mismatch", "Bad Request");
  }
  if (!grant.challenge.empty()) {
    if (!form.has("code_verifier")) return invalid_grant("Missing code verifier.");
    if (!challenge_met(grant, form.get("code_verifier"))) return invalid_grant("Invalid code verifier.");
  } else if (form.has("code_verifier")) {
    // A challenge that was stripped on the way to the consent page (RFC 9700 section 4.8.2).
    return invalid_grant("code_verifier or verifier is not needed.");
  }
  OrReply<std::shared_ptr<const VirtualAccount>> account = agreed_account(parts, grant.account_id);
  if (auto* refused = std::get_if<HttpResponse>(&account)) return std::move(*refused);
  const TokenSubject subject{std::get<0>(account), known.id, grant.family};
  boost::json::object answer = access_token_answer(parts, subject, grant.scope);
  if (grant.offline) {
    const Result<std::string> refresh = mint_refresh_token(parts, subject, grant.scope);
    if (!refresh) return store_failed(parts.log, refresh.error());
    answer["refresh_token"] = *refresh;
  }
  answer["scope"] = grant.scope;
  add_id_token(parts, answer, subject, grant.scope, grant.nonce);
  return json_reply(200, answer);
}

HttpResponse grant_refresh_token(OAuthParts& parts, const HttpRequest& request, const Form& form) {
  const OrReply<OAuthClientRecord> client = authenticate_client(parts, request, form);
  if (const auto* refused = std::get_if<HttpResponse>(&client)) return *refused;
  const OAuthClientRecord& known = std::get<OAuthClientRecord>(client);
  if (!form.has("refresh_token")) {
    return oauth_error(400, "invalid_request", "Missing required parameter: refresh_token");
  }
  const std::string digest = sha256_hex(form.get("refresh_token"));
  const Result<std::optional<RefreshTokenRecord>> found = parts.store.find_refresh_token(digest);
  if (!found) return store_failed(parts.log, found.error());
  // Another client's token is as good as none.
  if (!*found || (*found)->client_id != known.id) return invalid_grant("Bad Request");
  const RefreshTokenRecord& record = **found;
  const auto stolen = [&]() -> HttpResponse {
    if (Status ok = revoke_family(parts, record.family); !ok) return store_failed(parts.log, ok.error());
    parts.log.warn("a refresh token was used again after its rotation; its family is revoked",
                   {{"client", known.id}});
    return invalid_grant("Token has been expired or revoked.");
  };
  if (record.state == RefreshTokenState::kUsed) return stolen();
  if (record.state == RefreshTokenState::kRevoked || record.expires_at_s <= parts.now_s()) {
    return invalid_grant("Token has been expired or revoked.");
  }
  const std::optional<std::string> wanted = normal_scope(form.get("scope"));
  if (!wanted || !scope_within(*wanted, record.scope))
    return oauth_error(400, "invalid_scope", "Bad Request");
  OrReply<std::shared_ptr<const VirtualAccount>> account = agreed_account(parts, record.account_id);
  if (auto* refused = std::get_if<HttpResponse>(&account)) return std::move(*refused);
  const TokenSubject subject{std::get<0>(account), known.id, record.family};
  const std::string& scope = wanted->empty() ? record.scope : *wanted;
  boost::json::object answer = access_token_answer(parts, subject, scope);
  answer["scope"] = scope;
  if (parts.settings.rotate_refresh_tokens || known.rotate_refresh_tokens) {
    const Result<std::optional<std::string>> next =
        rotate_refresh_token(parts, subject, record.scope, digest);
    if (!next) return store_failed(parts.log, next.error());
    if (!*next) return stolen();
    answer["refresh_token"] = **next;
  }
  add_id_token(parts, answer, subject, scope, "");
  return json_reply(200, answer);
}

}  // namespace moongate
