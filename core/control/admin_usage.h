// /api/admin/usage: what was used and what it cost, from the roll-ups alone.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

// ?from&to | date, &by=day,model, &client &user &model, &format=json|csv
HttpResponse show_usage(AdminParts& parts, const AdminCall& call);

// The same for who may see no more than this, and what was billed, not what it cost us. One of the two must be there.
struct UsageScope {
  std::string user_id;
  std::string client;
};
HttpResponse show_usage_within(AdminParts& parts, const AdminCall& call, const UsageScope& scope);

}  // namespace moongate
