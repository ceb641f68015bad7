// Which path leads to which handler of the admin API.
#pragma once

#include <string>

#include "control/admin_parts.h"
#include "identity/caller.h"

namespace moongate {

struct AdminRouteMatch {
  bool known = false;              // the path is one of ours
  AdminHandler handler = nullptr;  // null: not with this method
  bool changes = false;            // runs alone
  Role least = Role::kAdmin;       // who may
  std::string name;                // what stands in the route's place for a name
  std::string allow;               // the methods that the path takes
};

AdminRouteMatch find_admin_route(const HttpRequest& request);

}  // namespace moongate
