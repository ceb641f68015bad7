#include "people/people_routes.h"

#include "control/path_pattern.h"
#include "people/auth_login.h"
#include "people/auth_profile.h"
#include "people/auth_register.h"
#include "people/own_keys.h"
#include "people/own_usage.h"
#include "people/presented_password.h"

namespace moongate {
namespace {

enum class For : bool { kEverybody, kCallers };

struct PeopleRoute {
  std::string_view method;
  std::string_view path;  // '*' stands for a name
  PeopleHandler handler;
  For who = For::kCallers;
};

constexpr PeopleRoute kRoutes[] = {
    {"GET", "/api/auth/public-key", show_public_key, For::kEverybody},
    {"POST", "/api/auth/login", log_in, For::kEverybody},
    {"POST", "/api/auth/refresh", refresh_session, For::kEverybody},
    {"POST", "/api/auth/logout", log_out, For::kEverybody},
    {"POST", "/api/auth/register", register_user, For::kEverybody},
    {"GET", "/api/auth/register", show_auth_page, For::kEverybody},
    {"POST", "/api/auth/verify-email", verify_email, For::kEverybody},
    {"GET", "/api/auth/verify-email", show_auth_page, For::kEverybody},
    {"POST", "/api/auth/forgot-password", forgot_password, For::kEverybody},
    {"POST", "/api/auth/reset-password", reset_password, For::kEverybody},
    {"GET", "/api/auth/reset-password", show_auth_page, For::kEverybody},
    {"GET", "/api/admin/invitations", list_invitations},
    {"POST", "/api/admin/invitations", create_invitation},
    {"DELETE", "/api/admin/invitations/*", erase_invitation},
    {"GET", "/api/auth/profile", show_profile},
    {"PATCH", "/api/auth/profile", change_profile},
    {"GET", "/api/auth/sessions", list_own_sessions},
    {"DELETE", "/api/auth/sessions", end_other_sessions},
    {"DELETE", "/api/auth/sessions/*", end_session},
    {"GET", "/api/keys", list_own_keys},
    {"POST", "/api/keys", create_own_key},
    {"GET", "/api/keys/verify", verify_key, For::kEverybody},
    {"POST", "/api/keys/verify", verify_key, For::kEverybody},
    {"GET", "/api/keys/*", show_own_key},
    {"PATCH", "/api/keys/*", change_own_key},
    {"PUT", "/api/keys/*", change_own_key},
    {"DELETE", "/api/keys/*", erase_own_key},
    {"POST", "/api/keys/*/regenerate", regenerate_own_key},
    {"GET", "/api/keys/*/usage", own_key_usage},
    // These find out for themselves who asks: a key will do.
    {"GET", "/api/quota", show_quota, For::kEverybody},
    {"GET", "/api/usage", show_own_usage, For::kEverybody},
    {"GET", "/api/stats", show_stats, For::kEverybody},
    {"GET", "/api/client/users/account", show_account, For::kEverybody},
    {"GET", "/api/client/users/billing", show_billing, For::kEverybody},
};

// Paths that other programs have used for the same; the rest behind them stays.
struct Alias {
  std::string_view path;
  std::string_view meant;
};
constexpr Alias kAliases[] = {
    {"/api/client/auth/", "/api/auth/"},
    {"/api/client/users/profile", "/api/auth/profile"},
    {"/api/client/users/usage", "/api/usage"},
    {"/api/client/keys", "/api/keys"},
};

std::string meant_by(std::string_view path) {
  for (const Alias& alias : kAliases) {
    if (path.starts_with(alias.path)) return std::string(alias.meant) + std::string(path.substr(alias.path.size()));
  }
  return std::string(path);
}

}  // namespace

PeopleRouteMatch find_people_route(const HttpRequest& request) {
  PeopleRouteMatch match;
  const std::string path = meant_by(request.path);
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  bool exact = false;
  for (const PeopleRoute& route : kRoutes) {
    const auto name = match_path(route.path, path);
    if (!name || (exact && route.path.find('*') != route.path.npos)) continue;
    exact = route.path.find('*') == route.path.npos;  // "verify" is no key's id
    match.known = true;
    match.open = route.who == For::kEverybody;
    match.allow += (match.allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method != method) continue;
    match.handler = route.handler;
    match.name = *name;
  }
  return match;
}

}  // namespace moongate
