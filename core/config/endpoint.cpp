#include <algorithm>

#include "config/host_text.h"
#include "config/map.h"

namespace moongate {
namespace {

Error invalid(std::string text) { return Error(ErrorKind::kInvalid, std::move(text)); }

// A prefix is put before every request target as it stands, so nothing that could end or reshape one is taken.
bool is_prefix_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/-._~!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

bool has_dot_segment(std::string_view path) {
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t slash = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, slash - begin);
    if (segment == "." || segment == "..") return true;
    begin = slash + 1;
  }
  return false;
}

bool take_scheme(std::string_view& text, bool& tls, bool& given) {
  const std::size_t mark = text.find("://");
  given = mark != text.npos;
  if (!given) return true;
  const std::string scheme = to_lower(text.substr(0, mark));
  text.remove_prefix(mark + 3);
  tls = scheme == "https";
  return tls || scheme == "http";
}

}  // namespace

std::string Endpoint::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint out;
  bool scheme = false;
  if (text.empty()) return invalid("is empty; write a host, such as api.example.com");
  if (!take_scheme(text, out.tls, scheme)) return invalid("has a scheme other than http:// and https://");
  const std::size_t end_of_authority = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, end_of_authority);
  std::string_view path = text.substr(end_of_authority);
  if (authority.find('@') != authority.npos) return invalid("holds a user name or password; leave out all before '@'");
  Result<HostPort> parsed = parse_host_port(authority);
  if (!parsed) return std::move(parsed).error();
  if (!path.empty() && !scheme) return invalid("has a path; write it with its scheme: https://host/path");
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.find("//") != path.npos || has_dot_segment(path) ||
      !std::all_of(path.begin(), path.end(), is_prefix_char)) {
    return invalid("has a path that cannot stand before a request's own (no query, no '%', no empty or dot segments)");
  }
  out.host = parsed->host;
  out.port = parsed->port != -1 ? parsed->port : (out.tls ? 443 : 80);
  out.base_path = std::string(path);
  return out;
}

}  // namespace moongate
