// Every way to cut a text that a property test tries: single bytes, two pieces at each place (of a short
// text), and seeded random pieces.
#pragma once

#include <functional>
#include <random>
#include <string_view>
#include <vector>

namespace moongate::splits {

using Pieces = std::vector<std::string_view>;

inline void for_each(std::string_view text, const std::function<void(const Pieces&)>& check) {
  Pieces bytes;
  for (std::size_t i = 0; i < text.size(); ++i) bytes.push_back(text.substr(i, 1));
  check(bytes);
  const std::size_t step = text.size() > 4000 ? text.size() / 2000 : 1;
  for (std::size_t cut = 0; cut <= text.size(); cut += step) check({text.substr(0, cut), text.substr(cut)});
  std::mt19937 random(20261120);
  for (int round = 0; round < 50; ++round) {
    const std::size_t longest = std::size_t{1} << (random() % 10);
    Pieces pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t length = 1 + random() % longest;
      pieces.push_back(text.substr(at, length));
      at += length;
    }
    check(pieces);
  }
}

}  // namespace moongate::splits
