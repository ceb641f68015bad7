// /api/admin/users: who pays.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_users(AdminParts& parts, const AdminCall& call);
HttpResponse create_user(AdminParts& parts, const AdminCall& call);
HttpResponse show_user(AdminParts& parts, const AdminCall& call);
HttpResponse change_user(AdminParts& parts, const AdminCall& call);
// A user is never erased, since the ledger names them: DELETE disables.
HttpResponse disable_user(AdminParts& parts, const AdminCall& call);
// A key for the client that has the user's name, which is made when there is none.
HttpResponse create_user_token(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
