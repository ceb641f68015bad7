// API keys of ours: "mg-" and 40 characters, shown once; only their digest is kept.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/random.h"

namespace moongate {

inline constexpr std::string_view kApiKeyPrefix = "mg-";
inline constexpr std::size_t kApiKeyBytes = 43;  // with the prefix

// 240 bits of randomness.
Secret make_api_key(Random& random);
// What the store knows a key by: SHA-256 in lower-case hex.
std::string api_key_digest(std::string_view key);
// What tells keys apart where they are listed: "mg-Ab3d". Four characters of forty help no thief.
std::string api_key_display(std::string_view key);
// Whether `text` has the form of a key, so that asking the store about it can make sense. Looks at 43 bytes at most.
bool is_api_key_candidate(std::string_view text);

}  // namespace moongate
