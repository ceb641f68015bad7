#include "identity/admin_token.h"

#include "crypto/hash.h"

namespace moongate {

Result<std::optional<Secret>> ensure_admin_token(Store& store, Random& random) {
  const Result<std::optional<std::string>> known = store.admin_token_sha256();
  if (!known) return known.error();
  if (*known) return std::optional<Secret>();
  Result<Secret> made = replace_admin_token(store, random);
  if (!made) return made.error();
  return std::optional<Secret>(std::move(*made));
}

Result<Secret> replace_admin_token(Store& store, Random& random) {
  Secret token("mga-" + random_token(random, 43));
  if (Status kept = store.set_admin_token_sha256(sha256_hex(token.reveal())); !kept) return kept.error();
  return token;
}

Result<bool> is_admin_token(Store& store, std::string_view token) {
  const Result<std::optional<std::string>> known = store.admin_token_sha256();
  if (!known) return known.error();
  return *known && constant_time_equal(sha256_hex(token), **known);
}

}  // namespace moongate
