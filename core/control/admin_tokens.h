// The admin API's part for access tokens that were minted for accounts.
#pragma once

#include "control/admin_parts.h"

namespace moongate {

HttpResponse list_tokens(AdminParts& parts, const AdminCall& call);
HttpResponse drop_token(AdminParts& parts, const AdminCall& call);

}  // namespace moongate
