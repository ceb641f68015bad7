// The admin API's part for "which account, and why".
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse ask_what_if(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
