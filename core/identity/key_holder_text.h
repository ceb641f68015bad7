// What a key is worth as text, for the cache that gateways share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/records.h"

namespace moongate {

// The answer of a look-up and the directory's generation before it. Holds no secret: a key's digest is what it was
// looked up by. `holder` null: there is no such key.
std::string render_key_holder(const KeyHolder* holder, std::int64_t generation);

struct KnownKey {
  std::shared_ptr<const KeyHolder> holder;  // null: there is no such key
  std::int64_t generation = 0;
};
// Nothing: it is no such text, or another version's. `sha256`: what was asked for; an answer about another key is none.
std::optional<KnownKey> parse_key_holder(std::string_view text, std::string_view sha256);

}  // namespace moongate
