// /api/admin/ledger: single requests; /api/admin/reprice: what they cost by today's price table.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_ledger(AdminParts& parts, const AdminCall& call);
HttpResponse show_ledger_row(AdminParts& parts, const AdminCall& call);
HttpResponse reprice(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
