// The admin API's part for the gateway itself: settings in force, what it stands on, how that fares.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse show_system(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
