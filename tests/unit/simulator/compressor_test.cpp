#include "simulator/compressor.h"

#include <gtest/gtest.h>

#include "decoding.h"

namespace moongate::sim {
namespace {

class EachCoding : public ::testing::TestWithParam<Coding> {};

TEST_P(EachCoding, CanBeDecodedAfterEveryPiece) {
  const auto compressor = Compressor::create(GetParam());
  std::string wire, plain;
  for (const char* piece : {"data: one\n\n", "data: two\n\n", "data: three\n\n"}) {
    wire += compressor->add(piece);
    plain += piece;
    EXPECT_EQ(decoded(wire, coding_name(GetParam())), plain);
  }
  wire += compressor->finish();
  EXPECT_EQ(decoded(wire, coding_name(GetParam())), plain);
}

TEST_P(EachCoding, TakesALargePiece) {
  std::string plain;
  for (int i = 0; i < 100'000; ++i) plain += std::to_string(i * 7919);
  const auto compressor = Compressor::create(GetParam());
  std::string wire = compressor->add(plain);
  EXPECT_EQ(decoded(wire, coding_name(GetParam())), plain);
  wire += compressor->finish();
  EXPECT_EQ(decoded(wire, coding_name(GetParam())), plain);
}

INSTANTIATE_TEST_SUITE_P(Compressor, EachCoding,
                         ::testing::Values(Coding::kGzip, Coding::kBrotli, Coding::kZstd));

TEST(AcceptEncoding, IsReadAsAListWithWeights) {
  EXPECT_TRUE(accepts("gzip, deflate, br", Coding::kGzip));
  EXPECT_TRUE(accepts("gzip,br;q=0.5", Coding::kBrotli));
  EXPECT_TRUE(accepts("*", Coding::kZstd));
  EXPECT_FALSE(accepts("gzip, deflate", Coding::kZstd));
  EXPECT_FALSE(accepts("gzip;q=0, br", Coding::kGzip));
  EXPECT_FALSE(accepts("gzip; q=0.000", Coding::kGzip));
  EXPECT_FALSE(accepts("", Coding::kGzip));
}

}  // namespace
}  // namespace moongate::sim
