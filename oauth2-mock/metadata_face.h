// The GCE metadata server, as Google's libraries know it: credentials without a key file for whoever runs on
// this machine (GCE_METADATA_HOST=localhost:8889).
#pragma once

#include "oauth2-mock/parts.h"

namespace moongate {

// Whether this is the request by which libraries find out if there is a metadata server: "GET /" with
// Metadata-Flavor: Google. Without that header "/" is somebody else's.
bool is_metadata_ping(const HttpRequest& request);
HttpResponse metadata_ping(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

// `rest`: what follows /computeMetadata/v1. Serves loopback and the configured addresses, and them only with
// "Metadata-Flavor: Google" and without X-Forwarded-For, so that no web page and no proxy gets a token.
HttpResponse metadata_face(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

}  // namespace moongate
