// A short JSON string (a key, a model's name) gathered from pieces cut anywhere, with its escapes decoded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace moongate {

// Holds up to kCapacity bytes of UTF-8 inline. A longer text, or one with a bad escape, is not valid() and
// equals nothing that anyone looks for; its beginning stays readable.
class ShortString {
 public:
  static constexpr std::size_t kCapacity = 80;

  void clear();
  // The next bytes between the quotes, as sent.
  void append(std::string_view raw);
  // True when nothing was lost and no escape is left half read.
  bool valid() const { return !bad_ && escape_ == Escape::kNone && high_ == 0; }
  std::string_view text() const { return {bytes_, size_}; }

 private:
  enum class Escape : std::uint8_t { kNone, kBackslash, kHex };

  void put(char c);
  void put_code_point(std::uint32_t code);
  void take_escape(char c);

  char bytes_[kCapacity];
  std::uint8_t size_ = 0;
  Escape escape_ = Escape::kNone;
  std::uint8_t hex_left_ = 0;
  bool bad_ = false;
  std::uint16_t code_ = 0;
  std::uint16_t high_ = 0;  // a high surrogate that waits for its low one
};

// Appends the UTF-8 bytes of a code point to anything that has push_back(char).
template <class Out>
void append_utf8(Out& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
    return;
  }
  if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (code >> 6)));
  } else {
    if (code < 0x10000) {
      out.push_back(static_cast<char>(0xe0 | (code >> 12)));
    } else {
      out.push_back(static_cast<char>(0xf0 | (code >> 18)));
      out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3f)));
    }
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
  }
  out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
}

// 0 to 15, or -1.
inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What the letter after a backslash stands for, 0 for none of JSON's (and for 'u').
inline char simple_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

}  // namespace moongate
