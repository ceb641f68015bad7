// /api/admin/clients: the programs and persons that keys are given to.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_clients(AdminParts& parts, const AdminCall& call);
HttpResponse create_client_record(AdminParts& parts, const AdminCall& call);
HttpResponse show_client(AdminParts& parts, const AdminCall& call);
HttpResponse change_client_record(AdminParts& parts, const AdminCall& call);
// Its keys go with it; the ledger keeps what they did.
HttpResponse erase_client_record(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
