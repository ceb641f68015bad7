#include "people/session_cookies.h"

#include "http/header_set.h"

namespace moongate {
namespace {

// Over TLS the browser itself sees to it that the cookie is of this very host and was set over TLS.
std::string name_of(const HttpRequest& request, std::string_view name) {
  return std::string(request.tls ? "__Host-" : "") + std::string(name);
}

constexpr std::string_view kSession = "mg_session";
constexpr std::string_view kRefresh = "mg_refresh";

void set(HttpResponse& response, const HttpRequest& request, std::string_view name, std::string_view value,
         std::int64_t lifetime_s) {
  response.headers.emplace_back("Set-Cookie", name_of(request, name) + "=" + std::string(value) + "; Path=/; Max-Age=" +
                                                  std::to_string(lifetime_s) + "; HttpOnly; SameSite=Strict" +
                                                  (request.tls ? "; Secure" : ""));
}

}  // namespace

std::string_view find_cookie(const HttpRequest& request, std::string_view name) {
  std::string_view found;
  for (const auto& [header, value] : request.headers) {
    if (!header_name_equal(header, "Cookie")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = rest.find(';');
      std::string_view pair = rest.substr(0, end);
      rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      while (pair.ends_with(' ')) pair.remove_suffix(1);
      if (pair.size() <= name.size() || pair[name.size()] != '=' || !pair.starts_with(name)) continue;
      const std::string_view text = pair.substr(name.size() + 1);
      if (!found.empty() && found != text) return {};
      found = text;
    }
  }
  return found;
}

std::string_view session_cookie(const HttpRequest& request) { return find_cookie(request, name_of(request, kSession)); }
std::string_view refresh_cookie(const HttpRequest& request) { return find_cookie(request, name_of(request, kRefresh)); }

void set_session_cookies(HttpResponse& response, const HttpRequest& request, const IssuedSession& session) {
  set(response, request, kSession, session.access_token.reveal(), session.expires_in_s);
  set(response, request, kRefresh, session.refresh_token.reveal(), session.refresh_expires_in_s);
}

void clear_session_cookies(HttpResponse& response, const HttpRequest& request) {
  set(response, request, kSession, "", 0);
  set(response, request, kRefresh, "", 0);
}

}  // namespace moongate
