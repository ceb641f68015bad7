#include "cache/redis_url.h"

#include <sys/un.h>

#include <charconv>

namespace moongate {
namespace {

constexpr std::string_view kClear = "redis://";
constexpr std::string_view kTls = "rediss://";
constexpr std::string_view kUnix = "redis+unix://";
constexpr int kMaxDatabase = 1'000'000;

Error bad(const std::string& why) {
  return Error(ErrorKind::kInvalid,
               "cache.url: " + why + "; write memory://, redis://[:password@]host[:port][/db], rediss://… for TLS, or "
                                     "redis+unix:///path[?db=n]");
}

bool parse_int(std::string_view text, int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool percent_decode(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

Status parse_database(std::string_view text, RedisUrl& out) {
  if (!parse_int(text, out.database) || out.database < 0 || out.database > kMaxDatabase) {
    return bad("the database is not a number from 0 up");
  }
  return {};
}

// "user:password@", ":password@", or nothing. A password may hold '@' unescaped: the last one counts.
Status take_credentials(std::string_view& rest, RedisUrl& out) {
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view credentials = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  const std::size_t colon = credentials.find(':');
  if (colon == std::string_view::npos) return bad("what stands before '@' has no ':' before the password");
  std::string password;
  if (!percent_decode(credentials.substr(0, colon), out.user) ||
      !percent_decode(credentials.substr(colon + 1), password)) {
    return bad("a '%' in user or password is not followed by two hexadecimal digits (write %25 for '%')");
  }
  out.password = Secret(std::move(password));
  if (out.password.empty() && !out.user.empty()) return bad("there is a user without a password");
  return {};
}

Status parse_authority(std::string_view text, RedisUrl& out) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return bad("the IPv6 address has no closing bracket");
    out.host = text.substr(1, end - 1);
    const std::string_view after = text.substr(end + 1);
    if (!after.empty() && after[0] != ':') return bad("there is something between the IPv6 address and the port");
    if (!after.empty()) port = after.substr(1);
    if (!after.empty() && port.empty()) return bad("the port is empty");
  } else {
    const std::size_t colon = text.find(':');
    out.host = text.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = text.substr(colon + 1);
      if (port.empty()) return bad("the port is empty");
    }
  }
  if (out.host.empty()) return bad("there is no host");
  for (const char c : out.host) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '%') return bad("the host holds a character that no host has");
  }
  if (!port.empty() && (!parse_int(port, out.port) || out.port < 1 || out.port > 65535)) {
    return bad("the port is not a number from 1 to 65535");
  }
  return {};
}

Status parse_unix(std::string_view rest, RedisUrl& out) {
  const std::size_t question = rest.rfind('?');
  if (question != std::string_view::npos) {
    const std::string_view query = rest.substr(question + 1);
    if (!query.starts_with("db=")) return bad("after '?' only db=n is known");
    if (Status ok = parse_database(query.substr(3), out); !ok) return ok;
    rest = rest.substr(0, question);
  }
  if (!rest.starts_with('/')) return bad("the path of the unix socket does not begin with '/'");
  if (!percent_decode(rest, out.unix_path)) return bad("a '%' in the path is not followed by two hexadecimal digits");
  if (out.unix_path.size() >= sizeof(sockaddr_un::sun_path)) return bad("the path of the unix socket is longer than 107 bytes");
  if (out.unix_path.find('\0') != std::string::npos) return bad("the path of the unix socket holds a NUL byte");
  return {};
}

}  // namespace

std::string RedisUrl::describe() const {
  if (!unix_path.empty()) return "redis+unix://" + unix_path + "?db=" + std::to_string(database);
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return (tls ? "rediss://" : "redis://") + shown + ":" + std::to_string(port) + "/" + std::to_string(database);
}

bool is_redis_url(std::string_view url) {
  return url.starts_with(kClear) || url.starts_with(kTls) || url.starts_with(kUnix);
}

Result<RedisUrl> parse_redis_url(std::string_view url) {
  if (!is_redis_url(url)) return bad("no such scheme");
  RedisUrl out;
  out.tls = url.starts_with(kTls);
  const bool over_unix = url.starts_with(kUnix);
  std::string_view rest = url.substr(over_unix ? kUnix.size() : out.tls ? kTls.size() : kClear.size());
  if (Status ok = take_credentials(rest, out); !ok) return ok.error();
  if (over_unix) {
    if (Status ok = parse_unix(rest, out); !ok) return ok.error();
    return out;
  }
  const std::size_t slash = rest.find('/');
  if (Status ok = parse_authority(rest.substr(0, slash), out); !ok) return ok.error();
  if (slash != std::string_view::npos && slash + 1 < rest.size()) {
    if (Status ok = parse_database(rest.substr(slash + 1), out); !ok) return ok.error();
  }
  return out;
}

}  // namespace moongate
