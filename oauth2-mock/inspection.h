// What a token is, who its bearer is, and the end of a token.
#pragma once

#include "oauth2-mock/parts.h"

namespace moongate {

// Google's: GET or POST, the token as access_token or id_token in query or body, or as the Bearer.
HttpResponse tokeninfo_v1(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse tokeninfo_v3(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// RFC 7662; for clients of ours.
HttpResponse introspect(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// v1 and v2 call the subject `id`, v3 and OpenID `sub`.
HttpResponse userinfo_v2(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse userinfo_v3(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// A refresh token takes its access tokens with it, and the other way round, as at Google.
HttpResponse revoke(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

}  // namespace moongate
