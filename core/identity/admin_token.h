// The admin token: shown once, kept as a digest.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "crypto/random.h"
#include "store/store.h"

namespace moongate {

// Makes the token when the store has none yet, and gives it to be shown; nothing: there is one already.
Result<std::optional<Secret>> ensure_admin_token(Store& store, Random& random);
// A new token in place of the one before, which stops working.
Result<Secret> replace_admin_token(Store& store, Random& random);
// Compares in constant time. False when the store has no token.
Result<bool> is_admin_token(Store& store, std::string_view token);

}  // namespace moongate
