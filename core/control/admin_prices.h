// /api/admin/prices: the table in force, and the rows that are put over the one that comes with the program.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse show_prices(AdminParts& parts, const AdminCall& call);
// All rows of the store at once; an empty list leaves the table that comes with the program.
HttpResponse replace_prices(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
