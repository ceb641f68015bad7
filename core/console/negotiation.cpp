#include "console/negotiation.h"

#include <algorithm>

#include "http/header_set.h"

namespace moongate {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// What stands before the separator; `text` goes on behind it.
std::string_view take_part(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = trimmed(text.substr(0, at));
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return part;
}

// ";q=0", ";q=0.0", … A weight that cannot be read refuses.
bool refused(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view weight = take_part(parameters, ';');
    if (weight.size() < 2 || (weight[0] != 'q' && weight[0] != 'Q') || weight[1] != '=') continue;
    weight.remove_prefix(2);
    return std::none_of(weight.begin(), weight.end(), [](char c) { return c >= '1' && c <= '9'; });
  }
  return false;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  while (!accept_encoding.empty()) {
    std::string_view one = take_part(accept_encoding, ',');
    const std::string_view name = take_part(one, ';');
    if (header_name_equal(name, "gzip") || header_name_equal(name, "x-gzip")) return !refused(one);
    if (name == "*") any = !refused(one);
  }
  return any;
}

bool has_tag(std::string_view if_none_match, std::string_view tag) {
  if (trimmed(if_none_match) == "*") return true;
  while (!if_none_match.empty()) {
    std::string_view one = take_part(if_none_match, ',');
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

}  // namespace moongate
