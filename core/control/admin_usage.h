// /api/admin/usage: what was used and what it cost, from the roll-ups alone.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

// ?from&to | date, &by=day,model, &client &user &model, &format=json|csv
HttpResponse show_usage(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
