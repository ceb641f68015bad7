// /api/admin/upstream-accounts: credentials for the providers, put in here instead of in a key file. They go in, and
// never come out.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_upstream_accounts(AdminParts& parts, const AdminCall& call);
HttpResponse create_upstream_account(AdminParts& parts, const AdminCall& call);
HttpResponse show_upstream_account(AdminParts& parts, const AdminCall& call);
HttpResponse change_upstream_account(AdminParts& parts, const AdminCall& call);
HttpResponse erase_upstream_account(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
