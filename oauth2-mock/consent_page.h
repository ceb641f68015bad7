// /o/oauth2/auth: a person agrees that a client may act as a virtual service account.
#pragma once

#include "oauth2-mock/parts.h"

namespace moongate {

// GET: the page. POST: the decision, and the way back to the client with a code or an error.
// Agreeing takes the admin token. Only the demonstration client, whose secret everybody knows, gets a token
// for itself without it.
HttpResponse show_consent(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse decide_consent(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

}  // namespace moongate
