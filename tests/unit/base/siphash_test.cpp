#include "base/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace moongate {
namespace {

// Key 00 01 … 0f, input 00 01 …: appendix A of the SipHash paper and the authors' vectors.h.
constexpr SipKey kKey{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};

std::string counting(std::size_t n) {
  std::string bytes;
  for (std::size_t i = 0; i < n; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST(SipHash, AgreesWithTheAuthorsVectors) {
  EXPECT_EQ(siphash24(kKey, ""), 0x726fdb47dd0e0e31ULL);
  EXPECT_EQ(siphash24(kKey, counting(1)), 0x74f839c593dc67fdULL);
  EXPECT_EQ(siphash24(kKey, counting(7)), 0xab0200f58b01d137ULL);
  EXPECT_EQ(siphash24(kKey, counting(8)), 0x93f5f5799a932462ULL);
  EXPECT_EQ(siphash24(kKey, counting(15)), 0xa129ca6149be45e5ULL);
}

TEST(SipHash, AnotherKeyGivesAnotherHash) {
  EXPECT_NE(siphash24(kKey, "token"), siphash24(SipKey{1, 2}, "token"));
}

TEST(SipHash, TellsTrailingNulBytesApart) {
  EXPECT_NE(siphash24(kKey, std::string("a\0", 2)), siphash24(kKey, "a"));
}

}  // namespace
}  // namespace moongate
