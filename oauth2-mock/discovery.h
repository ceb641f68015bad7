// What verifiers need to know: where everything is, and which keys sign.
#pragma once

#include "oauth2-mock/parts.h"

namespace moongate {

HttpResponse openid_configuration(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// The keys of id tokens: certificates by key id, and as a JWK set; the same ids in both.
HttpResponse certificates_v1(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse certificates_v3(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// The key of the virtual service account whose e-mail address is `rest` (percent-encoded).
HttpResponse account_certificate(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse account_jwk(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

}  // namespace moongate
