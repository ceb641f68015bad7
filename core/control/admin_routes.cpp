#include "control/admin_routes.h"

#include "control/admin_accounts.h"
#include "control/admin_clients.h"
#include "control/admin_events.h"
#include "control/admin_keys.h"
#include "control/admin_ledger.h"
#include "control/admin_money.h"
#include "control/admin_prices.h"
#include "control/admin_usage.h"
#include "control/admin_users.h"

namespace moongate {
namespace {

struct AdminRoute {
  std::string_view method;
  std::string_view path;  // behind /api/admin/; '*' stands for a name
  AdminHandler handler;
};

constexpr std::string_view kRoot = "/api/admin/";

constexpr AdminRoute kRoutes[] = {
    {"GET", "users", list_users},
    {"POST", "users", create_user},
    {"GET", "users/*", show_user},
    {"PATCH", "users/*", change_user},
    {"DELETE", "users/*", disable_user},
    {"POST", "users/*/token", create_user_token},
    {"GET", "users/*/balance", show_balance},
    {"GET", "users/*/movements", list_movements},
    {"POST", "users/*/movements", create_movement},
    {"GET", "balances", list_balances},
    {"GET", "clients", list_clients},
    {"POST", "clients", create_client_record},
    {"GET", "clients/*", show_client},
    {"PATCH", "clients/*", change_client_record},
    {"DELETE", "clients/*", erase_client_record},
    {"GET", "keys", list_keys},
    {"POST", "keys", create_key},
    {"GET", "keys/*", show_key},
    {"PATCH", "keys/*", change_key},
    {"DELETE", "keys/*", erase_key},
    {"POST", "keys/*/regenerate", regenerate_key},
    {"GET", "upstream-accounts", list_upstream_accounts},
    {"POST", "upstream-accounts", create_upstream_account},
    {"GET", "upstream-accounts/*", show_upstream_account},
    {"PATCH", "upstream-accounts/*", change_upstream_account},
    {"DELETE", "upstream-accounts/*", erase_upstream_account},
    {"GET", "prices", show_prices},
    {"PUT", "prices", replace_prices},
    {"GET", "usage", show_usage},
    {"GET", "ledger", list_ledger},
    {"GET", "ledger/*", show_ledger_row},
    {"POST", "reprice", reprice},
    {"GET", "notifications", list_notifications},
    {"POST", "notifications/*/read", read_notification},
    {"GET", "audit", list_audit},
    {"GET", "status", show_status},
};

std::string_view take_part(std::string_view& text) {
  const std::size_t slash = text.find('/');
  const std::string_view part = text.substr(0, slash);
  text = slash == text.npos ? std::string_view() : text.substr(slash + 1);
  return part;
}

// `name`: what stood where the pattern has '*', still percent-encoded.
bool matches(std::string_view pattern, std::string_view path, std::string_view& name) {
  if (path.ends_with('/')) return false;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_part(pattern), part = take_part(path);
    if (wanted == "*" ? part.empty() : wanted != part) return false;
    if (wanted == "*") name = part;
  }
  return pattern.empty() && path.empty();
}

// A path's part: '+' is itself there.
std::string decoded(std::string_view part) {
  std::string escaped;
  for (char c : part) escaped += c == '+' ? "%2B" : std::string(1, c);
  auto pairs = parse_form("n=" + escaped.substr(0, escaped.find('&')));
  return pairs.empty() ? std::string() : std::move(pairs.front().second);
}

}  // namespace

AdminRouteMatch find_admin_route(const HttpRequest& request) {
  AdminRouteMatch match;
  std::string_view path = request.path;
  if (!path.starts_with(kRoot)) return match;
  path.remove_prefix(kRoot.size());
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  for (const AdminRoute& route : kRoutes) {
    std::string_view name;
    if (!matches(route.path, path, name)) continue;
    match.known = true;
    match.allow += (match.allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method != method) continue;
    match.handler = route.handler;
    match.changes = method != "GET";
    match.name = decoded(name);
  }
  return match;
}

}  // namespace moongate
