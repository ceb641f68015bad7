// The two request headers that decide how a file is answered (RFC 9110, 12.5.3 and 13.1.2).
#pragma once

#include <string_view>

namespace moongate {

// Whether Accept-Encoding takes gzip: named, or by "*", with a weight above zero.
bool accepts_gzip(std::string_view accept_encoding);

// Whether If-None-Match names the tag (quoted, strong), compared weakly, or is "*".
bool has_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace moongate
