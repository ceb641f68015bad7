// What a user may give a key of their own: no more than they have themselves.
#pragma once

#include <string>
#include <string_view>

#include "config/terms.h"

namespace moongate {

// What in `wanted` goes beyond `own`, as a sentence for the caller; empty: nothing does. Whatever is not about narrowing a
// key (its price, whether its limits are enforced, tracing) is an operator's to say.
std::string terms_fault(const Terms& wanted, const Terms& own, std::string_view whose);

}  // namespace moongate
