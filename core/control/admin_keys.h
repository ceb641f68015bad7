// /api/admin/keys: API keys, each shown once, when it is made.
#pragma once

#include "control/admin_input.h"
#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_keys(AdminParts& parts, const AdminCall& call);
HttpResponse create_key(AdminParts& parts, const AdminCall& call);
HttpResponse show_key(AdminParts& parts, const AdminCall& call);
HttpResponse change_key(AdminParts& parts, const AdminCall& call);
HttpResponse erase_key(AdminParts& parts, const AdminCall& call);
// A new secret under the same id; the one before stops working.
HttpResponse regenerate_key(AdminParts& parts, const AdminCall& call);

// name, terms, expires and enabled of a key that is to be made.
ApiKeyRecord read_new_key(const AdminParts& parts, AdminBody& body);
// Gives it id and secret, keeps it, and answers 201 with the whole key.
HttpResponse keep_new_key(AdminParts& parts, const AdminCall& call, ApiKeyRecord key, const ClientRecord& client);

}  // namespace moongate
