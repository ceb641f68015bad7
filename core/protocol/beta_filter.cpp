#include "protocol/beta_filter.h"

#include <algorithm>

namespace moongate {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool allows(std::string_view entry, std::string_view item) {
  if (entry.ends_with('*')) return item.starts_with(entry.substr(0, entry.size() - 1));
  return entry == item;
}

// True when one of the items of `list` (joined with "," by us) is `item`.
bool holds(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (list.substr(0, comma) == item) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace

std::string filter_betas(std::string_view list, std::span<const std::string> allowed) {
  std::string out;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view item = trimmed(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (item.empty() || holds(out, item)) continue;
    if (std::none_of(allowed.begin(), allowed.end(), [&](const std::string& a) { return allows(a, item); }))
      continue;
    if (!out.empty()) out += ',';
    out += item;
  }
  return out;
}

}  // namespace moongate
