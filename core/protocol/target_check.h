// What no request target may hold, whatever it asks for. Internal to the protocol folder.
#pragma once

#include <string_view>

namespace moongate {

// True when the path could mean another one to a server behind us, or break a request line: control bytes,
// space,
// '#', '\\', encoded control bytes, and "." or ".." segments, plain or encoded, also between encoded slashes.
bool path_is_dangerous(std::string_view path);
// The same for a query, where encoded bytes are data: control bytes, space, '#'.
bool query_is_dangerous(std::string_view query);

// True when `location` can be a label of a host name: lower-case letters, digits, inner hyphens, at most 40.
bool location_is_sound(std::string_view location);

}  // namespace moongate
