// Walks a JSON text that lies in memory as a whole, by byte offsets. For edits and look-ups off the hot path; what flows
// by in pieces is JsonScanner's.
#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/byte_scan.h"

namespace moongate::json_cursor {

inline constexpr std::size_t kNone = std::string_view::npos;

inline std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && byte_scan::is_json_space(text[at])) ++at;
  return at;
}

// Past the string that begins at `at`; kNone: it does not end.
inline std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return kNone;
}

// Past the value that begins at `at` (no whitespace). kNone: none does, or it does not end.
inline std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size()) return kNone;
  if (text[at] == '"') return skip_string(text, at);
  if (text[at] != '{' && text[at] != '[') {
    const std::size_t begin = at;
    while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' && !byte_scan::is_json_space(text[at])) ++at;
    return at == begin ? kNone : at;
  }
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      if (at == kNone) return kNone;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at + 1;
    ++at;
  }
  return kNone;
}

// Calls visit(begin, end) for each element of the array that begins at `at`, until it says false. False: the text is no
// array there, or breaks.
template <class Visit>
bool for_each_element(std::string_view text, std::size_t at, Visit&& visit) {
  if (at >= text.size() || text[at] != '[') return false;
  at = skip_space(text, at + 1);
  if (at < text.size() && text[at] == ']') return true;
  for (;;) {
    const std::size_t end = skip_value(text, at);
    if (end == kNone) return false;
    if (!visit(at, end)) return true;
    at = skip_space(text, end);
    if (at >= text.size()) return false;
    if (text[at] == ']') return true;
    if (text[at] != ',') return false;
    at = skip_space(text, at + 1);
  }
}

// Calls visit(key, begin, end) for each member of the object that begins at `at`, until it says false; `key` as spelled,
// without its quotes, `begin` and `end` of its value. False: the text is no object there, or breaks.
template <class Visit>
bool for_each_member(std::string_view text, std::size_t at, Visit&& visit) {
  if (at >= text.size() || text[at] != '{') return false;
  at = skip_space(text, at + 1);
  if (at < text.size() && text[at] == '}') return true;
  while (at < text.size() && text[at] == '"') {
    const std::size_t key_end = skip_string(text, at);
    if (key_end == kNone) return false;
    const std::string_view name = text.substr(at + 1, key_end - at - 2);
    at = skip_space(text, key_end);
    if (at >= text.size() || text[at] != ':') return false;
    at = skip_space(text, at + 1);
    const std::size_t end = skip_value(text, at);
    if (end == kNone) return false;
    if (!visit(name, at, end)) return true;
    at = skip_space(text, end);
    if (at >= text.size() || text[at] != ',') return at < text.size() && text[at] == '}';
    at = skip_space(text, at + 1);
  }
  return false;
}

// The raw value of the first member called `key` (spelled without escapes) of the object that begins at `at`; empty: none.
inline std::string_view member(std::string_view text, std::size_t at, std::string_view key) {
  std::string_view found;
  for_each_member(text, at, [&](std::string_view name, std::size_t begin, std::size_t end) {
    if (name == key) found = text.substr(begin, end - begin);
    return name != key;
  });
  return found;
}

}  // namespace moongate::json_cursor
