// Skips nested JSON by blocks of 64 bytes: one bit a byte says where strings are, so that what is inside them
// costs nothing more, and only brackets outside of strings are looked at one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "protocol/byte_scan.h"

namespace moongate::byte_scan {

// One bit for each of 64 bytes.
struct Block {
  std::uint64_t quotes;
  std::uint64_t backslashes;
  std::uint64_t brackets;  // braces too
  std::uint64_t controls;  // below 0x20
};

#if defined(__SSE2__)
inline std::uint64_t mask64(__m128i a, __m128i b, __m128i c, __m128i d) {
  return static_cast<std::uint64_t>(mask(a)) | static_cast<std::uint64_t>(mask(b)) << 16 |
         static_cast<std::uint64_t>(mask(c)) << 32 | static_cast<std::uint64_t>(mask(d)) << 48;
}
inline __m128i brackets_of(__m128i v) {
  const __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
  return _mm_or_si128(equals(folded, '{'), equals(folded, '}'));
}
inline __m128i controls_of(__m128i v) { return _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v); }

inline Block classify(const char* p) {
  const __m128i a = load(p);
  const __m128i b = load(p + 16);
  const __m128i c = load(p + 32);
  const __m128i d = load(p + 48);
  return {mask64(equals(a, '"'), equals(b, '"'), equals(c, '"'), equals(d, '"')),
          mask64(equals(a, '\\'), equals(b, '\\'), equals(c, '\\'), equals(d, '\\')),
          mask64(brackets_of(a), brackets_of(b), brackets_of(c), brackets_of(d)),
          mask64(controls_of(a), controls_of(b), controls_of(c), controls_of(d))};
}
inline bool is_plain_string(const char* p) { return clean64<string_stops>(p); }
#else
inline Block classify(const char* p) {
  Block block{};
  for (unsigned i = 0; i < 64; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    if (p[i] == '"') block.quotes |= bit;
    if (p[i] == '\\') block.backslashes |= bit;
    if (p[i] == '{' || p[i] == '}' || p[i] == '[' || p[i] == ']') block.brackets |= bit;
    if (is_control(p[i])) block.controls |= bit;
  }
  return block;
}
inline bool is_plain_string(const char*) { return false; }
#endif

// Bit i of the result is the parity of bits 0 to i.
inline std::uint64_t running_parity(std::uint64_t bits) {
  for (unsigned shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
  return bits;
}

// The bits right after each run of set bits whose length is odd: after a run of backslashes, the escaped
// byte. `carry` tells of a run of odd length that ends with bit 63.
inline std::uint64_t after_odd_runs(std::uint64_t runs, bool& carry) {
  constexpr std::uint64_t kEven = 0x5555555555555555U;
  const std::uint64_t starts = runs & ~(runs << 1);
  // Adding a run's first bit to it makes the bit after its end, whose place tells the length's parity.
  const std::uint64_t after_even_starts = (runs + (starts & kEven)) & ~runs;
  std::uint64_t sum = 0;
  carry = __builtin_add_overflow(runs, starts & ~kEven, &sum);
  return (after_even_starts & ~kEven) | (sum & ~runs & kEven);
}

// Where a walk through nested values stands between two pieces of text.
struct NestWalk {
  bool in_string = false;
  bool escaped = false;  // the last byte was a backslash that takes the next one with it
};
enum class Nest : std::uint8_t {
  kGoOn,
  kLeft,    // the outermost bracket was closed
  kBroken,  // what JSON does not allow: a bracket out of place, a control byte in a string, a backslash
            // outside
};
struct NestStop {
  const char* at;  // past the bracket, at the offending byte, or end
  Nest why;        // kGoOn: all was taken
};

// Calls on_bracket(char) for each bracket outside of strings, until it says other than kGoOn.
template <class OnBracket>
NestStop walk_nested(const char* p, const char* end, NestWalk& walk, OnBracket&& on_bracket) {
  while (p != end) {
    const auto left = static_cast<std::size_t>(end - p);
    const std::size_t length = left < 64 ? left : 64;
    char padded[64];
    const char* bytes = p;
    if (length < 64) {
      std::memset(padded, ' ', sizeof padded);
      std::memcpy(padded, p, length);
      bytes = padded;
    } else if (walk.in_string && !walk.escaped && is_plain_string(p)) {
      p += 64;
      continue;
    }
    const Block block = classify(bytes);
    bool escape_left = false;
    std::uint64_t escaped = walk.escaped ? 1 : 0;
    if (block.backslashes != 0) {
      escaped |= after_odd_runs(block.backslashes & ~escaped, escape_left);
      if (length < 64) escape_left = (escaped >> length & 1) != 0;
    }
    const std::uint64_t inside =
        running_parity(block.quotes & ~escaped) ^ (walk.in_string ? ~std::uint64_t{0} : std::uint64_t{0});
    const std::uint64_t bad = (block.controls & inside) | (block.backslashes & ~inside);
    std::uint64_t brackets = block.brackets & ~inside;
    if (bad != 0) brackets &= (bad & -bad) - 1;  // those before the first offending byte
    for (; brackets != 0; brackets &= brackets - 1) {
      const auto i = static_cast<unsigned>(__builtin_ctzll(brackets));
      const Nest next = on_bracket(p[i]);
      if (next == Nest::kLeft) return {p + i + 1, next};
      if (next == Nest::kBroken) return {p + i, next};
    }
    if (bad != 0) return {p + __builtin_ctzll(bad), Nest::kBroken};
    walk.in_string = (inside >> 63) != 0;
    walk.escaped = escape_left;
    p += length;
  }
  return {end, Nest::kGoOn};
}

}  // namespace moongate::byte_scan
