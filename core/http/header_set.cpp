#include "http/header_set.h"

#include <bit>

namespace moongate {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::size_t kLetters = 3;

// Precondition: kLetters of them.
unsigned beginning(std::string_view name) {
  const auto letter = [&](std::size_t i) { return static_cast<unsigned char>(lower(name[i])); };
  return (letter(0) * 7u + letter(1) * 31u + letter(2) * 5u) & 255u;
}

bool starts_with_folded(std::string_view name, std::string_view lowered_prefix) {
  if (name.size() < lowered_prefix.size()) return false;
  for (std::size_t i = 0; i < lowered_prefix.size(); ++i) {
    if (lower(name[i]) != lowered_prefix[i]) return false;
  }
  return true;
}

}  // namespace

bool header_name_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

HeaderSet::HeaderSet(const std::vector<std::string>& names) {
  table_.resize(std::bit_ceil(names.size() * 2 + 2));
  for (std::string name : names) {
    for (char& c : name) c = lower(c);
    if (name.empty()) continue;
    if (name.back() == '*') {
      name.pop_back();
      if (name.size() < kLetters) {
        short_prefix_ = true;
      } else {
        const unsigned bit = beginning(name);
        beginnings_[bit >> 6] |= std::uint64_t{1} << (bit & 63);
      }
      prefixes_.push_back(std::move(name));
      continue;
    }
    const std::uint32_t hash = header_hash(name);
    std::size_t place = hash & (table_.size() - 1);
    while (!table_[place].name.empty()) place = (place + 1) & (table_.size() - 1);
    table_[place] = Entry{hash, std::move(name)};
  }
}

bool HeaderSet::contains(std::uint32_t hash, std::string_view name) const {
  for (std::size_t place = hash & (table_.size() - 1); !table_[place].name.empty();
       place = (place + 1) & (table_.size() - 1)) {
    if (table_[place].hash == hash && header_name_equal(table_[place].name, name)) return true;
  }
  if (!short_prefix_) {
    if (name.size() < kLetters) return false;
    const unsigned bit = beginning(name);
    if ((beginnings_[bit >> 6] >> (bit & 63) & 1) == 0) return false;
  }
  for (const std::string& prefix : prefixes_) {
    if (starts_with_folded(name, prefix)) return true;
  }
  return false;
}

}  // namespace moongate
