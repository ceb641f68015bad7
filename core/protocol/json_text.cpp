// Values of single JSON tokens, for what JsonScanner captured.
#include <charconv>
#include <cstdint>
#include <limits>

#include "protocol/json_scanner.h"
#include "protocol/short_string.h"

namespace moongate {
namespace {

// Four hex digits at text[at]; false when there are not four.
bool read_hex4(std::string_view text, std::size_t at, std::uint32_t& code) {
  if (at + 4 > text.size()) return false;
  code = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return false;
    code = code << 4 | static_cast<std::uint32_t>(digit);
  }
  return true;
}

}  // namespace

bool decode_json_string(std::string_view raw, std::string& out) {
  out.clear();
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return false;
  const std::string_view text = raw.substr(1, raw.size() - 2);
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || byte_scan::is_control(c)) return false;
    if (c != '\\') {
      out += c;
      ++i;
      continue;
    }
    if (++i == text.size()) return false;
    if (text[i] != 'u') {
      const char plain = simple_escape(text[i]);
      if (plain == 0) return false;
      out += plain;
      ++i;
      continue;
    }
    std::uint32_t code = 0;
    if (!read_hex4(text, i + 1, code)) return false;
    i += 5;
    if ((code & 0xfc00) == 0xdc00) return false;  // a low surrogate alone
    if ((code & 0xfc00) == 0xd800) {
      std::uint32_t low = 0;
      if (text.substr(i, 2) != "\\u" || !read_hex4(text, i + 2, low) || (low & 0xfc00) != 0xdc00)
        return false;
      i += 6;
      code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    append_utf8(out, code);
  }
  return true;
}

bool decode_json_uint(std::string_view raw, std::uint64_t& out) {
  std::uint64_t value = 0;
  const char* const end = raw.data() + raw.size();
  const auto [stop, error] = std::from_chars(raw.data(), end, value);
  if (error != std::errc() || stop != end || raw.empty()) return false;
  if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  if (raw.size() > 1 && raw.front() == '0') return false;  // JSON has no leading zeros
  out = value;
  return true;
}

}  // namespace moongate
