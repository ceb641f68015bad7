#include "identity/api_key.h"

#include <algorithm>

#include "crypto/hash.h"

namespace moongate {

Secret make_api_key(Random& random) {
  return Secret(std::string(kApiKeyPrefix) + random_token(random, kApiKeyBytes - kApiKeyPrefix.size()));
}

std::string api_key_digest(std::string_view key) { return sha256_hex(key); }

std::string api_key_display(std::string_view key) { return std::string(key.substr(0, 7)); }

bool is_api_key_candidate(std::string_view text) {
  return text.size() == kApiKeyBytes && text.starts_with(kApiKeyPrefix) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

}  // namespace moongate
