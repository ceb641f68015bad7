#include "protocol/short_string.h"

#include <cstring>

namespace moongate {

void ShortString::clear() {
  size_ = 0;
  escape_ = Escape::kNone;
  bad_ = false;
  high_ = 0;
}

void ShortString::put(char c) {
  if (size_ == kCapacity) {
    bad_ = true;
    return;
  }
  bytes_[size_++] = c;
}

void ShortString::put_code_point(std::uint32_t code) {
  struct Putter {
    ShortString& to;
    void push_back(char c) { to.put(c); }
  } out{*this};
  append_utf8(out, code);
}

void ShortString::take_escape(char c) {
  if (escape_ == Escape::kBackslash) {
    escape_ = Escape::kNone;
    if (c == 'u') {
      escape_ = Escape::kHex;
      hex_left_ = 4;
      code_ = 0;
      return;
    }
    const char plain = simple_escape(c);
    if (plain == 0 || high_ != 0) {
      bad_ = true;
    } else {
      put(plain);
    }
    return;
  }
  const int digit = hex_digit(c);
  if (digit < 0) {
    bad_ = true;
    escape_ = Escape::kNone;
    return;
  }
  code_ = static_cast<std::uint16_t>((code_ << 4) | digit);
  if (--hex_left_ != 0) return;
  escape_ = Escape::kNone;
  const bool is_high = (code_ & 0xfc00) == 0xd800;
  const bool is_low = (code_ & 0xfc00) == 0xdc00;
  if (high_ != 0) {
    if (!is_low) {
      bad_ = true;
      return;
    }
    put_code_point(0x10000 + ((static_cast<std::uint32_t>(high_) & 0x3ff) << 10) + (code_ & 0x3ffU));
    high_ = 0;
  } else if (is_high) {
    high_ = code_;
  } else if (is_low) {
    bad_ = true;
  } else {
    put_code_point(code_);
  }
}

void ShortString::append(std::string_view raw) {
  std::size_t i = 0;
  while (i < raw.size() && !bad_) {
    if (escape_ != Escape::kNone) {
      take_escape(raw[i++]);
      continue;
    }
    if (raw[i] == '\\') {
      escape_ = Escape::kBackslash;
      ++i;
      continue;
    }
    if (high_ != 0) {
      bad_ = true;
      return;
    }
    const void* found = std::memchr(raw.data() + i, '\\', raw.size() - i);
    std::size_t plain = found == nullptr
                            ? raw.size() - i
                            : static_cast<std::size_t>(static_cast<const char*>(found) - raw.data()) - i;
    if (plain > kCapacity - size_) {
      bad_ = true;
      plain = kCapacity - size_;
    }
    std::memcpy(bytes_ + size_, raw.data() + i, plain);
    size_ = static_cast<std::uint8_t>(size_ + plain);
    i += plain;
  }
}

}  // namespace moongate
