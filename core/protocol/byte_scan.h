// Loops that skip the uninteresting bytes of JSON and SSE texts 16 or 64 at a time. SSE2 is part of x86-64,
// so nothing is chosen at run time; elsewhere the same functions go byte by byte. None reads outside [p,
// end).
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace moongate::byte_scan {

inline bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }
inline bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

#if defined(__SSE2__)
inline __m128i load(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
inline __m128i equals(__m128i v, char c) { return _mm_cmpeq_epi8(v, _mm_set1_epi8(c)); }
inline unsigned mask(__m128i v) { return static_cast<unsigned>(_mm_movemask_epi8(v)); }

// Bytes that end or change a JSON string: '"', '\\', below 0x20.
inline __m128i string_stops(__m128i v) {
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
  return _mm_or_si128(_mm_or_si128(equals(v, '"'), equals(v, '\\')), low);
}
inline __m128i line_stops(__m128i v) { return _mm_or_si128(equals(v, '\n'), equals(v, '\r')); }

template <__m128i (*kStops)(__m128i)>
inline bool clean64(const char* p) {
  const __m128i a = _mm_or_si128(kStops(load(p)), kStops(load(p + 16)));
  const __m128i b = _mm_or_si128(kStops(load(p + 32)), kStops(load(p + 48)));
  return mask(_mm_or_si128(a, b)) == 0;
}

// The first stop, or a pointer from which fewer than 16 bytes are left.
template <__m128i (*kStops)(__m128i)>
inline const char* find16(const char* p, const char* end, bool& found) {
  while (end - p >= 16) {
    if (const unsigned m = mask(kStops(load(p))); m != 0) {
      found = true;
      return p + __builtin_ctz(m);
    }
    p += 16;
    while (end - p >= 64 && clean64<kStops>(p)) p += 64;
  }
  found = false;
  return p;
}
#endif

// The first LF or CR; end when there is none.
inline const char* find_line_end(const char* p, const char* end) {
#if defined(__SSE2__)
  bool found = false;
  p = find16<line_stops>(p, end, found);
  if (found) return p;
#endif
  for (; p != end; ++p) {
    if (*p == '\n' || *p == '\r') return p;
  }
  return end;
}

// Where a walk through a JSON string stands between two pieces of text.
struct StringWalk {
  bool escaped = false;     // the last byte was a backslash that takes the next one with it
  bool had_escape = false;  // some backslash was seen since the walk began
  bool control = false;     // stopped at a byte below 0x20, which JSON does not allow here
};

// Walks the inside of a JSON string. The closing quote; or, with walk.control, the offending byte; or end.
inline const char* walk_string(const char* p, const char* end, StringWalk& walk) {
  if (walk.escaped && p != end) {
    walk.escaped = false;
    if (is_control(*p)) {
      walk.control = true;
      return p;
    }
    ++p;
  }
#if defined(__SSE2__)
  while (end - p >= 16) {
    unsigned m = mask(string_stops(load(p)));
    if (m == 0) {
      p += 16;
      while (end - p >= 64 && clean64<string_stops>(p)) p += 64;
      continue;
    }
    const char* next = p + 16;
    while (m != 0) {
      const int i = __builtin_ctz(m);
      if (p[i] == '"') return p + i;
      if (p[i] != '\\') {
        walk.control = true;
        return p + i;
      }
      walk.had_escape = true;
      if (i == 15) {
        if (next == end) {
          walk.escaped = true;
          return end;
        }
        if (is_control(*next)) {
          walk.control = true;
          return next;
        }
        ++next;
        break;
      }
      if (is_control(p[i + 1])) {
        walk.control = true;
        return p + i + 1;
      }
      m &= ~(3U << i);
    }
    p = next;
  }
#endif
  while (p != end) {
    if (*p == '"') return p;
    if (is_control(*p)) {
      walk.control = true;
      return p;
    }
    if (*p == '\\') {
      walk.had_escape = true;
      if (++p == end) {
        walk.escaped = true;
        return end;
      }
      if (is_control(*p)) {
        walk.control = true;
        return p;
      }
    }
    ++p;
  }
  return end;
}

}  // namespace moongate::byte_scan
