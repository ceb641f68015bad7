#include "oauth2-mock/client_auth.h"

#include "crypto/hash.h"
#include "http/header_set.h"

namespace moongate {
namespace {

struct Presented {
  std::string id, secret;
  bool basic = false;
};

std::string form_decoded(std::string_view text) {
  const auto pairs = parse_form("v=" + std::string(text));
  return pairs.empty() ? std::string() : pairs.front().second;
}

// Nothing: the header is there and cannot be understood.
std::optional<Presented> read_basic(std::string_view header) {
  constexpr std::string_view kScheme = "Basic ";
  header.remove_prefix(kScheme.size());
  const std::optional<std::string> text = base64_decode(header);
  const std::size_t colon = text ? text->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  // RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
  const std::string_view whole(*text);
  return Presented{form_decoded(whole.substr(0, colon)), form_decoded(whole.substr(colon + 1)), true};
}

bool is_basic(std::string_view header) {
  return header.size() >= 6 && header_name_equal(header.substr(0, 6), "Basic ");
}

}  // namespace

Result<std::optional<OAuthClientRecord>> find_client(const OAuthParts& parts, std::string_view id) {
  Result<std::optional<OAuthClientRecord>> found = parts.store.find_oauth_client(id);
  if (!found || *found || id != kDemoClient || !parts.settings.demo_client) return found;
  OAuthClientRecord demo;
  demo.id = kDemoClient;
  demo.name = "Demonstration client";
  demo.secret_sha256 = sha256_hex(kDemoClient);
  // Without a port, so that any port of the own machine will do (RFC 8252 section 7.3).
  for (const char* host : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
    for (const char* path : {"", "/", "/callback", "/oauth2callback"}) {
      demo.redirect_uris.push_back(std::string(host) + path);
    }
  }
  return std::optional<OAuthClientRecord>(std::move(demo));
}

OrReply<OAuthClientRecord> authenticate_client(const OAuthParts& parts, const HttpRequest& request,
                                               const Form& form) {
  const std::string_view header = find_header(request.headers, "Authorization");
  Presented presented{form.get("client_id"), form.get("client_secret"), false};
  if (is_basic(header)) {
    if (!presented.secret.empty()) {
      return oauth_error(400, "invalid_request",
                         "The client authenticated twice: by header and by client_secret.");
    }
    const std::optional<Presented> basic = read_basic(header);
    if (!basic) return invalid_client("The Authorization header is not understood.", true);
    if (!presented.id.empty() && presented.id != basic->id) {
      return oauth_error(400, "invalid_request", "client_id is not the client of the Authorization header.");
    }
    presented = *basic;
  }
  if (presented.id.empty())
    return oauth_error(400, "invalid_request", "Could not determine client ID from request.");
  Result<std::optional<OAuthClientRecord>> found = find_client(parts, presented.id);
  if (!found) return store_failed(parts.log, found.error());
  if (!*found) return invalid_client("The OAuth client was not found.", presented.basic);
  OAuthClientRecord client = std::move(**found);
  if (!is_public(client)) {
    if (presented.secret.empty()) return invalid_client("client_secret is missing.", presented.basic);
    if (!constant_time_equal(sha256_hex(presented.secret), client.secret_sha256)) {
      return invalid_client("Unauthorized", presented.basic);
    }
  } else if (!presented.secret.empty()) {
    return invalid_client("Unauthorized", presented.basic);
  }
  if (!client.enabled) return oauth_error(401, "disabled_client", "The OAuth client was disabled.");
  return client;
}

}  // namespace moongate
