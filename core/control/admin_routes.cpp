#include "control/admin_routes.h"

#include <algorithm>
#include <iterator>

#include "control/admin_accounts.h"
#include "control/admin_clients.h"
#include "control/admin_events.h"
#include "control/admin_health.h"
#include "control/admin_jobs.h"
#include "control/admin_keys.h"
#include "control/admin_ledger.h"
#include "control/admin_map.h"
#include "control/admin_money.h"
#include "control/admin_policy.h"
#include "control/admin_prices.h"
#include "control/admin_system.h"
#include "control/admin_tokens.h"
#include "control/admin_usage.h"
#include "control/admin_users.h"
#include "control/admin_what_if.h"
#include "control/path_pattern.h"

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
    {"GET", "map", show_map},
    {"PUT", "map", replace_map},
    {"POST", "map/check", check_map},
    {"GET", "map/schema", show_map_schema},
    {"GET", "map/versions", list_map_versions},
    {"GET", "map/versions/*", show_map_version},
    {"POST", "map/versions/*/restore", restore_map_version},
    {"GET", "policy", show_policy},
    {"PUT", "policy", replace_policy},
    {"POST", "policy/check", check_policy},
    {"POST", "policy/test", test_policy},
    {"GET", "policy/versions", list_policy_versions},
    {"GET", "policy/versions/*", show_policy_version},
    {"POST", "policy/versions/*/activate", activate_policy_version},
    {"POST", "what-if", ask_what_if},
    {"GET", "accounts", list_accounts},
    {"PATCH", "accounts/*", change_account_in_force},
    {"POST", "accounts/*/test", test_account},
    {"POST", "accounts/*/forgive", forgive_account},
    {"GET", "tokens", list_tokens},
    {"DELETE", "tokens/*", drop_token},
    {"GET", "system", show_system},
    {"GET", "jobs", list_jobs},
    {"GET", "jobs/*", show_job},
};

// What nobody but an admin may change: who may do what, and money.
constexpr std::string_view kOfAdmins[] = {"users", "users/*", "users/*/movements", "prices", "reprice"};

Role least_role(const AdminRoute& route) {
  if (route.method == "GET") return Role::kViewer;
  return std::find(std::begin(kOfAdmins), std::end(kOfAdmins), route.path) == std::end(kOfAdmins) ? Role::kOperator
                                                                                                  : Role::kAdmin;
}

// What only looks, and may take long.
bool runs_beside_changes(AdminHandler handler) {
  constexpr AdminHandler kHandlers[] = {check_map, check_policy, test_policy, ask_what_if, test_account};
  return std::find(std::begin(kHandlers), std::end(kHandlers), handler) != std::end(kHandlers);
}

}  // namespace

AdminRouteMatch find_admin_route(const HttpRequest& request) {
  AdminRouteMatch match;
  std::string_view path = request.path;
  if (!path.starts_with(kRoot)) return match;
  path.remove_prefix(kRoot.size());
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  for (const AdminRoute& route : kRoutes) {
    const auto name = match_path(route.path, path);
    if (!name) continue;
    match.known = true;
    match.allow += (match.allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method != method) continue;
    match.handler = route.handler;
    match.changes = method != "GET" && !runs_beside_changes(route.handler);
    match.name = *name;
    match.least = least_role(route);
  }
  return match;
}

}  // namespace moongate
