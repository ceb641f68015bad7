// Comparison of secrets on the hot path, eight bytes at a time: OpenSSL's CRYPTO_memcmp takes them one by one,
// which for a token of 40 bytes is half the cost of a look-up. Inside core/config only.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace moongate {

// Equal, in a time that depends on the lengths only.
inline bool same_bytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    std::uint64_t x = 0, y = 0;
    std::memcpy(&x, a.data() + i, 8);
    std::memcpy(&y, b.data() + i, 8);
    difference |= x ^ y;
    // The compiler must not know what has been found so far, or it could stop early.
    asm volatile("" : "+r"(difference));
  }
  for (; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    asm volatile("" : "+r"(difference));
  }
  return difference == 0;
}

}  // namespace moongate
