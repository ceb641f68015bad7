// A set of header names, asked once per header of each message.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moongate {

// FNV-1a over the ASCII-lowered name. Heads carry it with each field, so a set lookup hashes nothing.
constexpr std::uint32_t header_hash(std::string_view name) {
  std::uint32_t h = 2166136261u;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return h;
}

// ASCII case-insensitive equality.
bool header_name_equal(std::string_view a, std::string_view b);

// Immutable after construction; safe to share between threads.
class HeaderSet {
 public:
  // Names in any case; a name ending in '*' matches every header that begins with what stands before it.
  explicit HeaderSet(const std::vector<std::string>& names);

  // `hash` is header_hash(name).
  bool contains(std::uint32_t hash, std::string_view name) const;

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::string name;
  };
  std::vector<Entry> table_;  // open addressing, power of two; an empty name is a free place
  std::vector<std::string> prefixes_;
  // By the first three letters of the prefixes, folded into 256 bits: most names skip them all.
  std::array<std::uint64_t, 4> beginnings_{};
  bool short_prefix_ = false;  // one has fewer letters than that
};

}  // namespace moongate
