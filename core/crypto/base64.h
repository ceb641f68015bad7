// Base64 (RFC 4648) in both alphabets.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace moongate {

std::string base64_encode(std::string_view bytes);     // with '=' padding
std::string base64url_encode(std::string_view bytes);  // without padding

// Padding may be absent or complete. Anything else that an encoder would not have written gives nothing:
// characters of the other alphabet, white space, partial padding, leftover bits that are not zero.
std::optional<std::string> base64_decode(std::string_view text);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace moongate
