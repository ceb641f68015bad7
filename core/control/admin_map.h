// The admin API's part for map-config.json: its text, checks, activation, versions.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse show_map(AdminParts& parts, const AdminCall& call);
HttpResponse check_map(AdminParts& parts, const AdminCall& call);
HttpResponse replace_map(AdminParts& parts, const AdminCall& call);
HttpResponse show_map_schema(AdminParts& parts, const AdminCall& call);
HttpResponse list_map_versions(AdminParts& parts, const AdminCall& call);
HttpResponse show_map_version(AdminParts& parts, const AdminCall& call);
HttpResponse restore_map_version(AdminParts& parts, const AdminCall& call);

// The file as it lies there becomes a version, if none says the same.
void keep_found_map(const AdminParts& parts);

}  // namespace moongate
