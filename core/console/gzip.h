// gzip (RFC 1952) of a whole file.
#pragma once

#include <string>
#include <string_view>

namespace moongate {

// Empty when memory is out. The same bytes for the same input, always.
std::string gzip(std::string_view bytes);

}  // namespace moongate
