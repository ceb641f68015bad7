// The token endpoint: one function for each grant, and the one that chooses among them.
#pragma once

#include "oauth2-mock/form.h"
#include "oauth2-mock/parts.h"

namespace moongate {

HttpResponse token_endpoint(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

// A service account's assertion, for an access token, or for an id token when it names a target_audience.
HttpResponse grant_jwt_bearer(OAuthParts& parts, const HttpRequest& request, const Form& form);
// Not Google's: a token for the client itself.
HttpResponse grant_client_credentials(OAuthParts& parts, const HttpRequest& request, const Form& form);
HttpResponse grant_authorization_code(OAuthParts& parts, const HttpRequest& request, const Form& form);
HttpResponse grant_refresh_token(OAuthParts& parts, const HttpRequest& request, const Form& form);
// RFC 8693, for external_account credentials.
HttpResponse grant_token_exchange(OAuthParts& parts, const HttpRequest& request, const Form& form);

}  // namespace moongate
