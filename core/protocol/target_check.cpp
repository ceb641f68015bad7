#include "protocol/target_check.h"

#include <array>

#include "protocol/short_string.h"

namespace moongate {
namespace {

enum ByteClass : unsigned char { kFine = 0, kForbidden = 1, kLook = 2 };

// kLook: makes a closer look necessary. A '.' is only of interest at the start of a segment, and '/' tells
// that.
constexpr std::array<unsigned char, 256> classify() {
  std::array<unsigned char, 256> table{};
  for (unsigned c = 0; c <= 0x20; ++c) table[c] = kForbidden;
  table[0x7f] = table['#'] = table['\\'] = kForbidden;
  table['%'] = kLook;
  return table;
}
constexpr std::array<unsigned char, 256> kClasses = classify();

// The byte at `at`, percent-decoded; moves `at` past it.
unsigned char decoded_byte(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c != '%' || at + 1 >= text.size()) return static_cast<unsigned char>(c);
  const int high = hex_digit(text[at]);
  const int low = hex_digit(text[at + 1]);
  if (high < 0 || low < 0) return static_cast<unsigned char>(c);
  at += 2;
  return static_cast<unsigned char>(high << 4 | low);
}

// Walks the decoded path. ';' ends a segment's name too: some servers cut path parameters off before they
// resolve dots.
bool decoded_path_is_dangerous(std::string_view path) {
  std::size_t dots = 0;
  bool only_dots = true;
  for (std::size_t i = 0; i < path.size();) {
    const unsigned char c = decoded_byte(path, i);
    if (c < 0x20 || c == 0x7f) return true;
    if (c == '/' || c == '\\' || c == ';') {
      if (only_dots && (dots == 1 || dots == 2)) return true;
      only_dots = c != ';';
      dots = 0;
    } else if (c == '.') {
      ++dots;
    } else {
      only_dots = false;
    }
  }
  return only_dots && (dots == 1 || dots == 2);
}

}  // namespace

bool path_is_dangerous(std::string_view path) {
  unsigned seen = 0;
  bool look = false;
  char before = '/';
  for (const char c : path) {
    seen |= kClasses[static_cast<unsigned char>(c)];
    look |= c == '.' && before == '/';
    before = c;
  }
  if ((seen & kForbidden) != 0) return true;
  return (look || (seen & kLook) != 0) && decoded_path_is_dangerous(path);
}

bool query_is_dangerous(std::string_view query) {
  for (const char c : query) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#') return true;
  }
  return false;
}

bool location_is_sound(std::string_view location) {
  if (location.empty() || location.size() > 40) return false;
  if (location.front() == '-' || location.back() == '-') return false;
  for (const char c : location) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-') return false;
  }
  return true;
}

}  // namespace moongate
