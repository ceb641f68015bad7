// /api/admin/notifications, /audit and /status: what happened, what was done, how things are.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_notifications(AdminParts& parts, const AdminCall& call);
HttpResponse read_notification(AdminParts& parts, const AdminCall& call);
HttpResponse list_audit(AdminParts& parts, const AdminCall& call);
HttpResponse show_status(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
