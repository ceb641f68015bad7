// Passwords of people, kept as argon2id digests (RFC 9106).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/random.h"

namespace moongate {

// Longer ones are refused: hashing must cost the same for everybody.
inline constexpr std::size_t kLongestPassword = 1024;

// "$argon2id$v=19$m=19456,t=2,p=1$…": 19 MiB, two passes, one lane. Takes some 30 ms and the memory; never on
// a worker's thread. Error kInvalid: empty or too long; kUnavailable: no memory.
Result<std::string> hash_password(std::string_view password, Random& random);

// Whether `password` is the one that `hash` was made of, with the cost that the hash itself names (256 MiB
// and ten passes at most). False for an empty hash and for what is no hash. Compared in constant time.
bool verify_password(std::string_view password, const std::string& hash);

}  // namespace moongate
