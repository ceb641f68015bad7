// What the fuzz targets share: a check that stops the run, and pieces cut as the input itself says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <source_location>
#include <string_view>

namespace moongate::fuzz {

inline void check(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: does not hold\n", where.file_name(), static_cast<unsigned>(where.line()));
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Gives `text` in pieces of 1 to 16 bytes chosen by `seed`; each lies in memory of exactly its size, so that
// a read past its end is seen.
template <class Take>
void in_pieces(std::string_view text, std::uint32_t seed, Take&& take) {
  while (!text.empty()) {
    seed = seed * 1664525U + 1013904223U;
    const std::size_t wanted = seed % 7 == 0 ? 64 : 1 + (seed >> 24) % 16;
    const std::size_t length = wanted < text.size() ? wanted : text.size();
    const std::unique_ptr<char[]> copy(new char[length]);
    text.copy(copy.get(), length);
    take(std::string_view(copy.get(), length));
    text.remove_prefix(length);
  }
}

}  // namespace moongate::fuzz
