#include "oauth2-mock/token_endpoint.h"

#include "oauth2-mock/client_auth.h"
#include "oauth2-mock/token_mint.h"

namespace moongate {
namespace {

struct Grant {
  std::string_view type;
  HttpResponse (*run)(OAuthParts&, const HttpRequest&, const Form&);
};

constexpr Grant kGrants[] = {
    {"urn:ietf:params:oauth:grant-type:jwt-bearer", grant_jwt_bearer},
    {"refresh_token", grant_refresh_token},
    {"authorization_code", grant_authorization_code},
    {"client_credentials", grant_client_credentials},
    {"urn:ietf:params:oauth:grant-type:token-exchange", grant_token_exchange},
};

}  // namespace

HttpResponse token_endpoint(OAuthParts& parts, const HttpRequest& request, std::string_view) {
  const Form form(request.body);
  if (form.too_long()) return oauth_error(413, "invalid_request", "The request is too long.");
  if (form.repeated()) {
    return oauth_error(400, "invalid_request",
                       "OAuth 2 parameters can only have a single value: " + *form.repeated());
  }
  const std::string& type = form.get("grant_type");
  for (const Grant& grant : kGrants) {
    if (grant.type == type) return grant.run(parts, request, form);
  }
  return oauth_error(400, "unsupported_grant_type", "Invalid grant_type: " + type.substr(0, 100));
}

HttpResponse grant_client_credentials(OAuthParts& parts, const HttpRequest& request, const Form& form) {
  const OrReply<OAuthClientRecord> client = authenticate_client(parts, request, form);
  if (const auto* refused = std::get_if<HttpResponse>(&client)) return *refused;
  const OAuthClientRecord& known = std::get<OAuthClientRecord>(client);
  if (is_public(known)) {
    return oauth_error(401, "unauthorized_client",
                       "A client without a secret cannot use client_credentials.");
  }
  const std::optional<std::string> scope = normal_scope(form.get("scope"));
  if (!scope) return oauth_error(400, "invalid_scope", "The scope has characters that a scope cannot have.");
  const std::string granted = scope->empty() ? std::string(kCloudPlatform) : *scope;
  boost::json::object answer = access_token_answer(parts, {nullptr, known.id, ""}, granted);
  answer["scope"] = granted;
  return json_reply(200, answer);
}

}  // namespace moongate
