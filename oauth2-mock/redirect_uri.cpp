#include "oauth2-mock/redirect_uri.h"

#include <algorithm>

namespace moongate {
namespace {

// An absolute URI cut into what matters here; `host` keeps the brackets of an IPv6 address.
struct UriView {
  std::string_view scheme, host, port, rest;  // rest: path and query
  bool authority = false;                     // it has "//"
};

UriView cut(std::string_view uri) {
  UriView view;
  const std::size_t colon = uri.find(':');
  if (colon == std::string_view::npos) return view;
  view.scheme = uri.substr(0, colon);
  view.rest = uri.substr(colon + 1);
  if (!view.rest.starts_with("//")) return view;
  view.authority = true;
  view.rest.remove_prefix(2);
  std::string_view place = view.rest.substr(0, view.rest.find_first_of("/?#"));
  view.rest.remove_prefix(place.size());
  const std::size_t bracket = place.find(']');
  const std::size_t port = place.find(':', bracket == std::string_view::npos ? 0 : bracket);
  view.host = place.substr(0, port);
  if (port != std::string_view::npos) view.port = place.substr(port + 1);
  return view;
}

bool own_machine(std::string_view host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

bool only(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHost = "abcdefghijklmnopqrstuvwxyz0123456789.-";
constexpr std::string_view kScheme = "abcdefghijklmnopqrstuvwxyz0123456789+.-";

bool is_port(std::string_view text) { return !text.empty() && text.size() <= 5 && only(text, kDigits); }

Error invalid(std::string_view uri, std::string_view why) {
  return Error(ErrorKind::kInvalid,
               "redirect URI \"" + std::string(uri.substr(0, 200)) + "\" " + std::string(why),
               ErrorSource::kClient);
}

}  // namespace

Status check_redirect_uri(std::string_view uri) {
  if (uri.empty() || uri.size() > 2000) return invalid(uri, "is empty or longer than 2000 characters");
  if (!std::all_of(uri.begin(), uri.end(),
                   [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; })) {
    return invalid(uri, "has characters that a URI cannot have");
  }
  if (uri.find('#') != std::string_view::npos) return invalid(uri, "has a fragment");
  const UriView view = cut(uri);
  if (view.scheme == "https" || view.scheme == "http") {
    const bool host_ok = own_machine(view.host) || (!view.host.empty() && only(view.host, kHost));
    if (!view.authority || !host_ok) return invalid(uri, "has no usable host (lower case, no user name)");
    if (!view.port.empty() && !is_port(view.port)) return invalid(uri, "has no usable port");
    if (view.scheme == "http" && !own_machine(view.host)) {
      return invalid(uri, "must be https, unless it leads to localhost");
    }
    return {};
  }
  if (view.scheme.find('.') == std::string_view::npos || !only(view.scheme, kScheme)) {
    return invalid(uri,
                   "must be https://…, http://localhost…, or an app's own scheme like com.example.app:/…");
  }
  return {};
}

bool redirect_allowed(const OAuthClientRecord& client, std::string_view uri) {
  const UriView asked = cut(uri);
  return std::any_of(client.redirect_uris.begin(), client.redirect_uris.end(),
                     [&](std::string_view registered) {
                       if (registered == uri) return true;
                       const UriView known = cut(registered);
                       return known.scheme == "http" && own_machine(known.host) && known.port.empty() &&
                              asked.scheme == "http" && asked.host == known.host &&
                              asked.rest == known.rest && is_port(asked.port);
                     });
}

std::string redirect_source(std::string_view uri) {
  const UriView view = cut(uri);
  // CSP has no form for IPv6 addresses; the scheme alone has to do.
  if (!view.authority || view.host.starts_with('[')) return std::string(view.scheme) + ":";
  std::string source = std::string(view.scheme) + "://" + std::string(view.host);
  if (!view.port.empty()) source += ":" + std::string(view.port);
  return source;
}

}  // namespace moongate
