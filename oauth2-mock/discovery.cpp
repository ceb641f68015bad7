#include "oauth2-mock/discovery.h"

namespace moongate {
namespace {

// Published data: unlike token answers, clients may and should keep it.
HttpResponse published(const boost::json::object& body) {
  HttpResponse response = json_reply(200, body);
  std::erase_if(response.headers, [](const auto& header) { return header.first == "Pragma"; });
  set_header(response, "Cache-Control",
             "public, max-age=" + std::to_string(KeyRing::kMaxAgeS) + ", must-revalidate, no-transform");
  return response;
}

boost::json::object jwk_of(const std::string& key_id, const RsaPublicKey& key) {
  return {{"kty", "RSA"},  {"alg", "RS256"},   {"use", "sig"},
          {"kid", key_id}, {"n", key.jwk_n()}, {"e", key.jwk_e()}};
}

// The account of a path's last part; null: nobody has that address.
std::shared_ptr<const VirtualAccount> account_named(const OAuthParts& parts, std::string_view rest) {
  // A '+' in a path is a plus, where parse_form would read a space.
  std::string value("v=");
  for (char c : rest)
    value += c == '+' ? std::string("%2B") : c == '&' ? std::string("%26") : std::string(1, c);
  return parts.directory.snapshot()->find_email(parse_form(value).front().second);
}

HttpResponse no_account() { return api_error(404, "NOT_FOUND", "There is no such service account."); }

}  // namespace

HttpResponse openid_configuration(OAuthParts& parts, const HttpRequest&, std::string_view) {
  const OAuthSettings& settings = parts.settings;
  return published(
      {{"issuer", kIssuer},
       {"authorization_endpoint", settings.url("/o/oauth2/v2/auth")},
       {"token_endpoint", settings.url("/token")},
       {"userinfo_endpoint", settings.url("/oauth2/v3/userinfo")},
       {"revocation_endpoint", settings.url("/revoke")},
       {"introspection_endpoint", settings.url("/oauth2/v2/introspect")},
       {"jwks_uri", settings.url("/oauth2/v3/certs")},
       {"response_types_supported", {"code"}},
       {"response_modes_supported", {"query"}},
       {"subject_types_supported", {"public"}},
       {"id_token_signing_alg_values_supported", {"RS256"}},
       {"scopes_supported", {"openid", "email", "profile"}},
       {"token_endpoint_auth_methods_supported", {"client_secret_post", "client_secret_basic", "none"}},
       {"claims_supported", {"aud", "email", "email_verified", "exp", "iat", "iss", "sub"}},
       {"code_challenge_methods_supported", {"plain", "S256"}},
       {"grant_types_supported",
        {"authorization_code", "refresh_token", "client_credentials",
         "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:token-exchange"}}});
}

HttpResponse certificates_v1(OAuthParts& parts, const HttpRequest&, std::string_view) {
  boost::json::object certificates;
  for (const KeyRing::Key& key : parts.keys.published()) certificates[key->key_id] = key->certificate_pem;
  return published(certificates);
}

HttpResponse certificates_v3(OAuthParts& parts, const HttpRequest&, std::string_view) {
  boost::json::array keys;
  for (const KeyRing::Key& key : parts.keys.published())
    keys.push_back(jwk_of(key->key_id, key->key.public_key()));
  return published({{"keys", std::move(keys)}});
}

HttpResponse account_certificate(OAuthParts& parts, const HttpRequest&, std::string_view rest) {
  const std::shared_ptr<const VirtualAccount> account = account_named(parts, rest);
  if (!account) return no_account();
  const Result<std::optional<VirtualAccountRecord>> record = parts.store.find_virtual_account(account->id);
  if (!record) return store_failed(parts.log, record.error());
  if (!*record) return no_account();
  boost::json::object certificates{{(*record)->key_id, (*record)->certificate_pem}};
  for (const VirtualAccountKey& old : (*record)->old_keys) {
    if (old.until_s > parts.now_s()) certificates[old.key_id] = old.certificate_pem;
  }
  return published(certificates);
}

HttpResponse account_jwk(OAuthParts& parts, const HttpRequest&, std::string_view rest) {
  const std::shared_ptr<const VirtualAccount> account = account_named(parts, rest);
  if (!account) return no_account();
  boost::json::array keys{jwk_of(account->key_id, account->public_key)};
  for (const VirtualAccount::OldKey& old : account->old_keys) {
    if (old.until_s > parts.now_s()) keys.push_back(jwk_of(old.key_id, old.public_key));
  }
  return published({{"keys", std::move(keys)}});
}

}  // namespace moongate
