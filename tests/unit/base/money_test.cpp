#include "base/money.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace moongate {
namespace {

constexpr NanoDollars kMost = std::numeric_limits<NanoDollars>::max();
constexpr NanoDollars kLeast = std::numeric_limits<NanoDollars>::min();

TEST(Money, ReadsDecimalsExactly) {
  EXPECT_EQ(parse_dollars("0"), 0);
  EXPECT_EQ(parse_dollars("12"), 12'000'000'000);
  EXPECT_EQ(parse_dollars("12.5"), 12'500'000'000);
  EXPECT_EQ(parse_dollars("+3"), 3'000'000'000);
  EXPECT_EQ(parse_dollars("-0.000000001"), -1);
  EXPECT_EQ(parse_dollars("0.1"), 100'000'000);
  EXPECT_EQ(parse_dollars("007.10"), 7'100'000'000);
  EXPECT_EQ(parse_dollars("9223372036.854775807"), kMost);
  EXPECT_EQ(parse_dollars("-9223372036.854775807"), -kMost);
}

TEST(Money, RefusesWhatIsNoAmount) {
  for (const char* text : {"", "-", "+", ".", ".5", "5.", "1.2.3", "1e3", "1,5", " 1", "1 ", "$1", "--1", "+-1", "0x1", "nan",
                           "1.0000000001", "9223372036.854775808", "99999999999999999999999999999999999999999999",
                           "\xEF\xBC\x91"}) {
    EXPECT_FALSE(parse_dollars(text).has_value()) << text;
  }
  EXPECT_FALSE(parse_dollars(std::string_view("1\0", 2)).has_value());
}

TEST(Money, WritesTwoPlacesAndAsManyAsItTakes) {
  EXPECT_EQ(format_dollars(0), "0.00");
  EXPECT_EQ(format_dollars(12'500'000'000), "12.50");
  EXPECT_EQ(format_dollars(-1), "-0.000000001");
  EXPECT_EQ(format_dollars(1'230'000'000), "1.23");
  EXPECT_EQ(format_dollars(1'234'000'000), "1.234");
  EXPECT_EQ(format_dollars(kMost), "9223372036.854775807");
  EXPECT_EQ(format_dollars(kLeast), "-9223372036.854775808");
}

TEST(Money, WhatIsWrittenIsReadAgain) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const auto amount = static_cast<NanoDollars>(random() >> (random() % 63));
    ASSERT_EQ(parse_dollars(format_dollars(amount)), amount);
    ASSERT_EQ(parse_dollars(format_dollars(-amount)), -amount);
  }
}

}  // namespace
}  // namespace moongate
