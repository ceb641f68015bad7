// /api/admin/users/{user}/balance and /movements, and all balances: money put in, taken out and used.
#pragma once

#include "base/money.h"
#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_balances(AdminParts& parts, const AdminCall& call);
HttpResponse show_balance(AdminParts& parts, const AdminCall& call);
HttpResponse list_movements(AdminParts& parts, const AdminCall& call);
HttpResponse create_movement(AdminParts& parts, const AdminCall& call);

// What is wrong with putting in that much under the member `name`; empty: nothing.
std::string top_up_fault(const AdminParts& parts, std::string_view name, NanoDollars amount);
// What is wrong with it as a user's first: billing.opening asks for a minimum where balances are on.
std::string opening_fault(const AdminParts& parts, NanoDollars amount);
// Books it, with the caller and the time put in, and notes it. False: it is there already.
Result<bool> move_money(AdminParts& parts, const AdminCall& call, MovementRecord& movement);

}  // namespace moongate
