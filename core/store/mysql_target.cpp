#include "store/mysql_target.h"

#include <charconv>
#include <optional>

namespace moongate {
namespace {

constexpr std::string_view kScheme = "mysql://";
constexpr std::string_view kForm = "write mysql://USER:PASSWORD@HOST[:PORT]/DATABASE";

Error wrong(std::string_view what) {
  return Error(ErrorKind::kInvalid, "store.url: " + std::string(what) + "; " + std::string(kForm));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Status parse_query(std::string_view query, MysqlTarget& target) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::optional<std::string> value = decoded(one.substr(std::min(one.find('=') + 1, one.size())));
    if (!one.starts_with("socket=") || !value || !value->starts_with('/')) {
      return wrong("the only option behind '?' is socket=/PATH");
    }
    target.socket = *value;
  }
  return {};
}

Status parse_address(std::string_view address, MysqlTarget& target) {
  std::string_view port;
  if (address.starts_with('[')) {
    const std::size_t end = address.find(']');
    if (end == std::string_view::npos) return wrong("the address's ']' is missing");
    target.host = address.substr(1, end - 1);
    port = address.substr(end + 1);
  } else {
    const std::size_t colon = std::min(address.find(':'), address.size());
    target.host = address.substr(0, colon);
    port = address.substr(colon);
  }
  if (target.host.empty()) return wrong("the host is missing");
  for (const char c : target.host) {
    const bool sound = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_' || c == ':';
    if (!sound) return wrong("the host has a character that no host name has");
  }
  if (port.empty()) return {};
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), target.port);
  if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || target.port == 0) {
    return wrong("the port is no number from 1 to 65535");
  }
  return {};
}

}  // namespace

Result<MysqlTarget> MysqlTarget::parse(std::string_view url) {
  if (!url.starts_with(kScheme)) return wrong("it does not begin with mysql://");
  url.remove_prefix(kScheme.size());
  MysqlTarget target;
  if (const std::size_t mark = url.find('?'); mark != std::string_view::npos) {
    if (Status ok = parse_query(url.substr(mark + 1), target); !ok) return ok.error();
    url = url.substr(0, mark);
  }
  // A password with an '@' that was not encoded must not become a part of the host, and so of messages.
  const std::size_t at = url.rfind('@');
  if (at == std::string_view::npos) return wrong("the user is missing");
  const std::string_view login = url.substr(0, at);
  const std::string_view rest = url.substr(at + 1);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return wrong("the database's name is missing");
  if (login.find('/') != std::string_view::npos) {
    return wrong("the user and the password must be percent-encoded ('/' is %2F, '@' is %40)");
  }
  const std::size_t colon = std::min(login.find(':'), login.size());
  const std::optional<std::string> user = decoded(login.substr(0, colon));
  const std::optional<std::string> password = decoded(login.substr(std::min(colon + 1, login.size())));
  const std::optional<std::string> database = decoded(rest.substr(slash + 1));
  if (!user || !password || !database)
    return wrong("a '%' is not followed by two hexadecimal digits ('%' is %25)");
  if (user->empty()) return wrong("the user is missing");
  if (database->empty() || database->find('/') != std::string::npos)
    return wrong("the database's name is missing");
  if (Status ok = parse_address(rest.substr(0, slash), target); !ok) return ok.error();
  target.user = *user;
  target.password = *password;
  target.database = *database;
  return target;
}

std::string MysqlTarget::describe() const {
  const std::string where = socket.empty() ? host + ":" + std::to_string(port) : socket;
  return user + "@" + where + "/" + database;
}

}  // namespace moongate
