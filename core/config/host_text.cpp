#include "config/host_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace moongate {
namespace {

constexpr std::size_t kMaxHost = 253;  // RFC 1035, 2.3.4, without the root's dot
constexpr std::size_t kMaxLabel = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_label_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

bool is_ipv4(std::string_view host) {
  in_addr address{};
  return host.size() < 16 && inet_pton(AF_INET, std::string(host).c_str(), &address) == 1;
}

bool is_ipv6(std::string_view host) {
  in6_addr address{};
  return host.size() < 46 && host.find(':') != host.npos &&
         inet_pton(AF_INET6, std::string(host).c_str(), &address) == 1;
}

Error invalid(std::string text) { return Error(ErrorKind::kInvalid, std::move(text)); }

// Splits at the port's colon, knowing brackets. False: brackets that do not match, or more than one colon.
bool split_port(std::string_view text, std::string_view& host, std::string_view& port, bool& has_port) {
  has_port = false;
  port = {};
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == text.npos) return false;
    host = text.substr(1, close - 1);
    const std::string_view rest = text.substr(close + 1);
    if (rest.empty()) return is_ipv6(host);
    has_port = true;
    port = rest.substr(1);
    return rest.front() == ':' && is_ipv6(host);
  }
  const std::size_t colon = text.find(':');
  host = text.substr(0, colon);
  if (colon == text.npos) return true;
  has_port = true;
  port = text.substr(colon + 1);
  return port.find(':') == port.npos;
}

bool parse_port(std::string_view text, int lowest, int& port) {
  if (text.empty() || text.size() > 5 || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  std::from_chars(text.data(), text.data() + text.size(), port);
  return port >= lowest && port <= 65535;
}

}  // namespace

bool is_host(std::string_view host) {
  if (is_ipv6(host)) return true;
  if (host.empty() || host.size() > kMaxHost) return false;
  std::string_view last;
  for (std::size_t begin = 0; begin <= host.size();) {
    const std::size_t dot = std::min(host.find('.', begin), host.size());
    last = host.substr(begin, dot - begin);
    if (last.empty() || last.size() > kMaxLabel || last.front() == '-' || last.back() == '-') return false;
    if (!std::all_of(last.begin(), last.end(), is_label_char)) return false;
    begin = dot + 1;
  }
  return !std::all_of(last.begin(), last.end(), is_digit) || is_ipv4(host);
}

bool is_loopback(std::string_view host) {
  return to_lower(host) == "localhost" || host == "::1" || (is_ipv4(host) && host.starts_with("127."));
}

Result<HostPort> parse_host_port(std::string_view text) {
  std::string_view host, port;
  bool has_port = false;
  if (!split_port(text, host, port, has_port)) {
    return invalid("is not host or host:port (an IPv6 address goes in brackets: [::1]:443)");
  }
  HostPort out;
  if (!is_host(host)) return invalid("has no valid host name or address");
  if (has_port && !parse_port(port, 1, out.port)) return invalid("has a port that is not a number from 1 to 65535");
  out.host = to_lower(host);
  return out;
}

Result<HostPort> parse_listen_address(std::string_view text) {
  std::string_view host, port;
  bool has_port = false;
  if (!split_port(text, host, port, has_port) || !has_port) {
    return invalid("is not host:port, such as 127.0.0.1:8888, [::1]:8888 or :8888 for every address");
  }
  HostPort out;
  if (!host.empty() && !is_host(host)) return invalid("has no valid host name or address before the port");
  if (!parse_port(port, 0, out.port)) return invalid("has a port that is not a number from 0 to 65535");
  out.host = to_lower(host);
  return out;
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace moongate
