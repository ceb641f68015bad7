// The admin API's part for accounts in force: how they fare, whether they work.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_accounts(AdminParts& parts, const AdminCall& call);
HttpResponse change_account_in_force(AdminParts& parts, const AdminCall& call);
HttpResponse test_account(AdminParts& parts, const AdminCall& call);
HttpResponse forgive_account(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
