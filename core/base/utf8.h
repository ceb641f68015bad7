// UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace moongate {

// The bytes of the valid sequence at the beginning of `text`, or 0. Precondition: not empty.
std::size_t utf8_length(std::string_view text);

bool is_valid_utf8(std::string_view text);

}  // namespace moongate
