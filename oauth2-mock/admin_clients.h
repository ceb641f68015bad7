// /api/admin/oauth-clients: the clients of the token endpoint and the consent page.
#pragma once

#include "oauth2-mock/parts.h"

namespace moongate {

// The answer is a client file as Google's console gives it ("web", or "installed" for a client without a
// secret); the secret is kept as a digest only.
HttpResponse create_client(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse list_clients(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// `rest` of these begins with the client's id.
HttpResponse change_client(OAuthParts& parts, const HttpRequest& request, std::string_view rest);  // PATCH
HttpResponse delete_client(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

}  // namespace moongate
