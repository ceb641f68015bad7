#include "control/path_pattern.h"

#include "http/message.h"

namespace moongate {
namespace {

std::string_view take_part(std::string_view& text) {
  const std::size_t slash = text.find('/');
  const std::string_view part = text.substr(0, slash);
  text = slash == text.npos ? std::string_view() : text.substr(slash + 1);
  return part;
}

// A path's part: '+' is itself there.
std::string decoded(std::string_view part) {
  std::string escaped;
  for (char c : part) escaped += c == '+' ? "%2B" : std::string(1, c);
  auto pairs = parse_form("n=" + escaped.substr(0, escaped.find('&')));
  return pairs.empty() ? std::string() : std::move(pairs.front().second);
}

}  // namespace

std::optional<std::string> match_path(std::string_view pattern, std::string_view path) {
  if (path.ends_with('/')) return std::nullopt;
  std::string_view name;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_part(pattern), part = take_part(path);
    if (wanted == "*" ? part.empty() : wanted != part) return std::nullopt;
    if (wanted == "*") name = part;
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return decoded(name);
}

}  // namespace moongate
