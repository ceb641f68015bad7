// Where a map has secrets. Inside core/control only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_tree.h"

namespace moongate {

struct SecretPlace {
  std::size_t begin = 0, end = 0;  // of the JSON string with its quotes, or of a bare word
};

// In order. docs/admin-api.md says what counts as a secret.
std::vector<SecretPlace> secret_places(const JsonNode& root);
// The same of a text that is no JSON: rather too many.
std::vector<SecretPlace> secret_places_of_broken(std::string_view text);

}  // namespace moongate
