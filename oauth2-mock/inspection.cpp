#include "oauth2-mock/inspection.h"

#include <boost/json/serialize.hpp>

#include "crypto/hash.h"
#include "crypto/json_object.h"
#include "oauth2-mock/client_auth.h"
#include "oauth2-mock/form.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

HttpResponse invalid_token() { return oauth_error(400, "invalid_token", "Invalid Value"); }

std::string email_of(const VerifiedToken& token) {
  return token.account ? token.account->email : std::string();
}

// tokeninfo v3 writes numbers and booleans as strings.
std::string as_text(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

// An id token of ours, verified: its claims. Nothing: it is not, or is over.
std::optional<boost::json::object> own_id_token(const OAuthParts& parts, const std::string& text,
                                                std::string* key_id = nullptr) {
  const Result<DecodedJwt> token = decode_jwt(text);
  const KeyRing::Key key = token ? parts.keys.find(token->key_id) : nullptr;
  if (!key || token->claims.issuer != kIssuer || !verify_rs256(*token, key->key.public_key()) ||
      !check_times(token->claims, {parts.now_s(), 0, 0}).ok()) {
    return std::nullopt;
  }
  if (key_id != nullptr) *key_id = token->key_id;
  Result<boost::json::object> claims = parse_json_object(token->payload);
  if (!claims) return std::nullopt;
  return std::move(*claims);
}

HttpResponse id_token_info(const OAuthParts& parts, const std::string& text) {
  std::string key_id;
  const std::optional<boost::json::object> claims = own_id_token(parts, text, &key_id);
  if (!claims) return invalid_token();
  boost::json::object answer;
  for (const auto& [name, value] : *claims) answer[name] = as_text(value);
  answer["alg"] = "RS256";
  answer["kid"] = key_id;
  answer["typ"] = "JWT";
  return json_reply(200, answer);
}

// The access token of a request for inspection, wherever Google accepts it.
std::string presented_token(const HttpRequest& request, const Form& form) {
  for (const char* name : {"access_token", "token"}) {
    if (form.has(name)) return form.get(name);
  }
  return std::string(bearer_of(request));
}

HttpResponse tokeninfo(OAuthParts& parts, const HttpRequest& request,
                       boost::json::object (*describe)(const VerifiedToken&, std::int64_t)) {
  const Form form = Form::body_and_query(request);
  if (form.too_long() || form.repeated())
    return oauth_error(400, "invalid_request", "A parameter was sent twice or is too long.");
  if (form.has("id_token")) return id_token_info(parts, form.get("id_token"));
  const std::string token = presented_token(request, form);
  if (token.empty()) {
    return oauth_error(400, "invalid_request", "either access_token, id_token, or token_handle required");
  }
  const Result<VerifiedToken> verified = parts.verifier.verify(token, parts.now_s());
  if (!verified) return invalid_token();
  return json_reply(200, describe(*verified, parts.now_s()));
}

boost::json::object describe_v1(const VerifiedToken& token, std::int64_t now_s) {
  const std::string& audience = token.client_id.empty() ? token.subject() : token.client_id;
  boost::json::object answer{{"issued_to", audience},
                             {"audience", audience},
                             {"user_id", token.subject()},
                             {"scope", token.scope},
                             {"expires_in", token.expires_at_s - now_s}};
  if (token.account) {
    answer["email"] = email_of(token);
    answer["verified_email"] = true;
  }
  answer["access_type"] = token.family.empty() ? "online" : "offline";
  return answer;
}

boost::json::object describe_v3(const VerifiedToken& token, std::int64_t now_s) {
  const std::string& audience = token.client_id.empty() ? token.subject() : token.client_id;
  boost::json::object answer{{"azp", audience},
                             {"aud", audience},
                             {"sub", token.subject()},
                             {"scope", token.scope},
                             {"exp", std::to_string(token.expires_at_s)},
                             {"expires_in", std::to_string(token.expires_at_s - now_s)}};
  if (token.account) {
    answer["email"] = email_of(token);
    answer["email_verified"] = "true";
  }
  answer["access_type"] = token.family.empty() ? "online" : "offline";
  return answer;
}

OrReply<VerifiedToken> bearer_token(OAuthParts& parts, const HttpRequest& request) {
  std::string token(bearer_of(request));
  if (token.empty()) token = Form::body_and_query(request).get("access_token");
  Result<VerifiedToken> verified = parts.verifier.verify(token, parts.now_s());
  if (verified) return std::move(*verified);
  HttpResponse refused = oauth_error(401, "invalid_request", "Invalid Credentials");
  set_header(refused, "WWW-Authenticate",
             "Bearer realm=\"https://accounts.google.com/\", error=invalid_token");
  return refused;
}

}  // namespace

HttpResponse tokeninfo_v1(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  return tokeninfo(parts, request, describe_v1);
}

HttpResponse tokeninfo_v3(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  return tokeninfo(parts, request, describe_v3);
}

HttpResponse introspect(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const Form form(request.body);
  if (form.too_long() || form.repeated())
    return oauth_error(400, "invalid_request", "A parameter was sent twice or is too long.");
  const OrReply<OAuthClientRecord> client = authenticate_client(parts, request, form);
  if (const auto* refused = std::get_if<HttpResponse>(&client)) return *refused;
  const OAuthClientRecord& asking = std::get<OAuthClientRecord>(client);
  if (is_public(asking)) return invalid_client("A client without a secret may not inspect tokens.");
  if (!form.has("token")) return oauth_error(400, "invalid_request", "Missing required parameter: token");
  const std::string& text = form.get("token");
  const boost::json::object inactive{{"active", false}};
  if (const Result<VerifiedToken> token = parts.verifier.verify(text, parts.now_s())) {
    boost::json::object answer{{"active", true},
                               {"client_id", token->client_id.empty() ? token->subject() : token->client_id},
                               {"exp", token->expires_at_s},
                               {"iat", token->issued_at_s},
                               {"iss", kIssuer},
                               {"scope", token->scope},
                               {"sub", token->subject()},
                               {"token_type", "Bearer"}};
    if (token->account) answer["username"] = email_of(*token);
    if (!token->id.empty()) answer["jti"] = token->id;
    return json_reply(200, answer);
  }
  if (std::optional<boost::json::object> claims = own_id_token(parts, text)) {
    boost::json::object answer{{"active", true}, {"token_type", "id_token"}};
    for (const char* name : {"aud", "exp", "iat", "iss", "sub"}) answer[name] = (*claims)[name];
    return json_reply(200, answer);
  }
  const Result<std::optional<RefreshTokenRecord>> found = parts.store.find_refresh_token(sha256_hex(text));
  if (!found) return store_failed(parts.log, found.error());
  if (!*found || (*found)->client_id != asking.id || (*found)->state != RefreshTokenState::kActive ||
      (*found)->expires_at_s <= parts.now_s()) {
    return json_reply(200, inactive);
  }
  const RefreshTokenRecord& refresh = **found;
  return json_reply(200, {{"active", true},
                          {"client_id", refresh.client_id},
                          {"exp", refresh.expires_at_s},
                          {"iat", refresh.created_at_s},
                          {"scope", refresh.scope},
                          {"sub", refresh.account_id.empty() ? refresh.client_id : refresh.account_id},
                          {"token_type", "refresh_token"}});
}

HttpResponse userinfo_v2(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const OrReply<VerifiedToken> token = bearer_token(parts, request);
  if (const auto* refused = std::get_if<HttpResponse>(&token)) return *refused;
  const VerifiedToken& known = std::get<VerifiedToken>(token);
  boost::json::object answer{{"id", known.subject()}};
  if (known.account) {
    answer["email"] = email_of(known);
    answer["verified_email"] = true;
  }
  return json_reply(200, answer);
}

HttpResponse userinfo_v3(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const OrReply<VerifiedToken> token = bearer_token(parts, request);
  if (const auto* refused = std::get_if<HttpResponse>(&token)) return *refused;
  const VerifiedToken& known = std::get<VerifiedToken>(token);
  boost::json::object answer{{"sub", known.subject()}};
  if (known.account) {
    answer["email"] = email_of(known);
    answer["email_verified"] = true;
  }
  return json_reply(200, answer);
}

HttpResponse revoke(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const Form form = Form::body_and_query(request);
  if (form.too_long() || form.repeated())
    return oauth_error(400, "invalid_request", "A parameter was sent twice or is too long.");
  if (!form.has("token")) return oauth_error(400, "invalid_request", "Missing required parameter: token");
  const std::string& text = form.get("token");
  std::string family;
  if (const Result<VerifiedToken> token = parts.verifier.verify(text, parts.now_s())) {
    family = token->family;
    if (family.empty()) {
      // A self-signed JWT cannot be taken back one by one; its account can be disabled.
      if (token->kind != VerifiedToken::Kind::kAccessToken) return invalid_token();
      if (Status ok = parts.store.revoke_token({token->id, token->expires_at_s}); !ok) {
        return store_failed(parts.log, ok.error());
      }
      if (Status ok = parts.directory.reload(); !ok) return store_failed(parts.log, ok.error());
      return json_reply(200, {});
    }
  } else {
    const Result<std::optional<RefreshTokenRecord>> found = parts.store.find_refresh_token(sha256_hex(text));
    if (!found) return store_failed(parts.log, found.error());
    if (!*found || (*found)->state == RefreshTokenState::kRevoked ||
        (*found)->expires_at_s <= parts.now_s()) {
      return oauth_error(400, "invalid_token", "Token expired or revoked");
    }
    family = (*found)->family;
  }
  if (Status ok = revoke_family(parts, family); !ok) return store_failed(parts.log, ok.error());
  return json_reply(200, {});
}

}  // namespace moongate
