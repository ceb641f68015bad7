#include "people/gatekeeper.h"

#include <algorithm>

#include "identity/admin_token.h"
#include "people/session_cookies.h"

namespace moongate {
namespace {

HttpResponse unauthenticated(std::string_view message) {
  HttpResponse refused = api_error(401, "UNAUTHENTICATED", message);
  set_header(refused, "WWW-Authenticate", "Bearer realm=\"moongate admin\"");
  return refused;
}

}  // namespace

bool looks_like_jwt(std::string_view token) {
  return token.starts_with("eyJ") && std::count(token.begin(), token.end(), '.') == 2;
}

bool changes_something(const HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

OrReply<Caller> Gatekeeper::admit(const HttpRequest& request) const {
  if (request.trusted) {
    Caller local;
    local.name = "local";
    local.role = Role::kAdmin;
    return local;
  }
  if (const std::string_view token = bearer_of(request); !token.empty()) return by_bearer(token);
  if (const std::string_view token = session_cookie(request); !token.empty()) return by_cookie(request, token);
  return unauthenticated(
      "Send the admin token (it was shown at the first start) or a session's: \"Authorization: Bearer …\"; or sign in.");
}

OrReply<Caller> Gatekeeper::by_bearer(std::string_view token) const {
  if (looks_like_jwt(token)) return by_session(token);
  const Result<bool> admin = is_admin_token(store_, token);
  if (!admin) return store_failed(admin.error());
  if (!*admin) return unauthenticated("The admin token is wrong; `moongate admin-token` makes a new one.");
  Caller caller;
  caller.name = "admin";
  caller.role = Role::kAdmin;
  return caller;
}

OrReply<Caller> Gatekeeper::by_session(std::string_view token) const {
  Result<std::optional<Caller>> caller = sessions_.caller_of(token);
  if (!caller) return store_failed(caller.error());
  if (!*caller) return unauthenticated("The session is over; refresh it by POST /api/auth/refresh, or sign in again.");
  return std::move(**caller);
}

OrReply<Caller> Gatekeeper::by_cookie(const HttpRequest& request, std::string_view token) const {
  if (origins_.is_foreign(request)) {
    return api_error(403, "PERMISSION_DENIED",
                     "A page of another site sent this; console.cors_origins names the sites that may.");
  }
  OrReply<Caller> admitted = by_session(token);
  auto* caller = std::get_if<Caller>(&admitted);
  if (caller == nullptr) return admitted;
  caller->by_cookie = true;
  if (changes_something(request) &&
      !sessions_.keys().is_csrf_token(find_header(request.headers, "X-CSRF-Token"), caller->session_id)) {
    return api_error(403, "PERMISSION_DENIED",
                     "Send the csrf_token that GET /api/auth/profile tells as the header X-CSRF-Token.");
  }
  return admitted;
}

HttpResponse Gatekeeper::store_failed(const Error& error) const {
  log_.error("who a caller is could not be looked up", {{"reason", error.describe()}});
  HttpResponse response =
      api_error(503, "UNAVAILABLE", "The store cannot be used at the moment; try again. The gateway's log says why.");
  set_header(response, "Retry-After", "1");
  return response;
}

}  // namespace moongate
