#include "protocol/nest_walk.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace moongate::byte_scan {
namespace {

// What the blocks must agree with, one byte after the other.
std::string walked_bytewise(std::string_view text) {
  std::string seen;
  bool in_string = false;
  bool escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string ? is_control(c) : c == '\\') return seen + " broken at " + std::to_string(i);
    if (escaped) {
      escaped = false;
    } else if (in_string && c == '\\') {
      escaped = true;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '}' || c == '[' || c == ']')) {
      seen += c + std::to_string(i) + ' ';
    }
  }
  return seen + (in_string ? " in string" : "") + (escaped ? " escaped" : "");
}

std::string walked_in_pieces(std::string_view text, std::mt19937& random) {
  std::string seen;
  NestWalk walk;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::min<std::size_t>(1 + random() % 200, text.size() - at);
    const std::string piece(text.substr(at, length));
    // Each bracket stops the walk, so that its place is told, and it goes on from there.
    const char* p = piece.data();
    const char* const end = p + piece.size();
    while (p != end) {
      const NestStop stop = walk_nested(p, end, walk, [](char) { return Nest::kLeft; });
      const std::size_t where = at + static_cast<std::size_t>(stop.at - piece.data());
      if (stop.why == Nest::kBroken) return seen + " broken at " + std::to_string(where);
      if (stop.why == Nest::kLeft) {
        seen += stop.at[-1] + std::to_string(where - 1) + ' ';
        walk = {};
      }
      p = stop.at;
    }
    at += length;
  }
  return seen + (walk.in_string ? " in string" : "") + (walk.escaped ? " escaped" : "");
}

TEST(NestWalk, AgreesWithAWalkByteByByte) {
  std::mt19937 random(20261120);
  const std::string_view letters[] = {"\"\\{}[]x ", "\"\\\\\\\\{x", "\"xxxxxxxxxxxxxxxxxxxxxx{}", "\"\\x\n{"};
  for (int round = 0; round < 20000; ++round) {
    const std::string_view alphabet = letters[round % 4];
    std::string text;
    for (std::size_t length = random() % 300; text.size() < length;)
      text += alphabet[random() % alphabet.size()];
    ASSERT_EQ(walked_in_pieces(text, random), walked_bytewise(text)) << text;
  }
}

TEST(NestWalk, FindsTheEscapedByteAfterOddRunsOnly) {
  for (unsigned begin = 0; begin < 64; ++begin) {
    for (unsigned length = 1; begin + length <= 64; ++length) {
      const std::uint64_t ones = length == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << length) - 1;
      bool carry = false;
      const std::uint64_t found = after_odd_runs(ones << begin, carry);
      const bool inside = length % 2 == 1 && begin + length < 64;
      EXPECT_EQ(found, inside ? std::uint64_t{1} << (begin + length) : 0) << begin << " " << length;
      EXPECT_EQ(carry, length % 2 == 1 && begin + length == 64) << begin << " " << length;
    }
  }
}

}  // namespace
}  // namespace moongate::byte_scan
