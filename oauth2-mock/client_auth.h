// OAuth clients: who they are, and how they prove it.
#pragma once

#include <optional>
#include <string_view>

#include "oauth2-mock/form.h"
#include "oauth2-mock/parts.h"

namespace moongate {

// Known when the settings' demo_client is on; its secret is the same text.
inline constexpr std::string_view kDemoClient = "test";

// The stored client of that id, or the demo client. Nothing: there is none.
Result<std::optional<OAuthClientRecord>> find_client(const OAuthParts& parts, std::string_view id);

inline bool is_public(const OAuthClientRecord& client) { return client.secret_sha256.empty(); }

// The client that sent this request: by Basic authentication or by client_id and client_secret in the form,
// never both. A public client needs its id only. Otherwise the answer that Google would give.
OrReply<OAuthClientRecord> authenticate_client(const OAuthParts& parts, const HttpRequest& request,
                                               const Form& form);

}  // namespace moongate
