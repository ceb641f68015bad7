// Digests, and comparison that tells a listener nothing. Cheap enough for every request: the algorithms are
// fetched once a process, since OpenSSL 3 takes microseconds to look one up by name.
#pragma once

#include <string>
#include <string_view>

#include "crypto/base64.h"
#include "crypto/random.h"

namespace moongate {

// For names that others choose so (Redis's of a script); proves nothing.
std::string sha1_hex(std::string_view bytes);                           // 40 lower-case hex digits
std::string sha256(std::string_view bytes);                             // 32 raw bytes
std::string sha256_hex(std::string_view bytes);                         // 64 lower-case hex digits
std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 raw bytes
std::string hex_encode(std::string_view bytes);                         // lower case

// Equal, in a time that depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace moongate
