// Hosts and ports as an operator writes them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace moongate {

struct HostPort {
  std::string host;  // lower case, IPv6 without brackets; empty where parse_listen_address allows it
  int port = -1;     // -1: not written
};

// A DNS name (labels of letters, digits, '-' and '_'; a trailing dot is not taken), an IPv4 or an IPv6 literal
// without brackets. A name whose last label is a number is an IPv4 literal or wrong (WHATWG URL, 3.5).
bool is_host(std::string_view host);

// "localhost", 127.0.0.0/8 or ::1: what does not leave this machine.
bool is_loopback(std::string_view host);

// "host", "host:port", "[::1]", "[::1]:port", port 1 to 65535. kInvalid says what is wrong.
Result<HostPort> parse_host_port(std::string_view text);

// "host:port", "[::1]:port", ":port" (every address); port 0 lets the system choose one.
Result<HostPort> parse_listen_address(std::string_view text);

// Visible ASCII without spaces: what may stand in a header's value as one word.
bool is_visible_ascii(std::string_view text);

// ASCII only.
std::string to_lower(std::string_view text);

}  // namespace moongate
