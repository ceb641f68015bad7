// The admin API's part for the policy: its Lua files, checks, tests, activation, versions.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse show_policy(AdminParts& parts, const AdminCall& call);
HttpResponse check_policy(AdminParts& parts, const AdminCall& call);
HttpResponse test_policy(AdminParts& parts, const AdminCall& call);
HttpResponse replace_policy(AdminParts& parts, const AdminCall& call);
HttpResponse list_policy_versions(AdminParts& parts, const AdminCall& call);
HttpResponse show_policy_version(AdminParts& parts, const AdminCall& call);
HttpResponse activate_policy_version(AdminParts& parts, const AdminCall& call);

// The folder as it lies there becomes a version, if none says the same.
void keep_found_policy(const AdminParts& parts);

}  // namespace moongate
