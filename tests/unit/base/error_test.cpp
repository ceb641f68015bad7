#include <gtest/gtest.h>

#include "base/result.h"

namespace moongate {
namespace {

TEST(Error, TellsItsCausesInOrder) {
  const Error inner(ErrorKind::kConnect, "refused", ErrorSource::kUpstream, Retry::kYes);
  const Error outer = inner.wrap("cannot connect").wrap("no token");
  EXPECT_EQ(outer.describe(), "no token: cannot connect: refused");
  EXPECT_EQ(outer.message, "no token");
  EXPECT_EQ(inner.describe(), "refused");
}

TEST(Error, KeepsItsShapeWhenWrapped) {
  const Error outer = Error(ErrorKind::kTimeout, "x", ErrorSource::kClient, Retry::kOnlyIfReused).wrap("y");
  EXPECT_EQ(outer.kind, ErrorKind::kTimeout);
  EXPECT_EQ(outer.source, ErrorSource::kClient);
  EXPECT_EQ(outer.retry, Retry::kOnlyIfReused);
}

TEST(Error, KindsHaveNamesOfTheirOwn) {
  EXPECT_EQ(to_string(ErrorKind::kRateLimited), "rate_limited");
  EXPECT_EQ(to_string(ErrorKind::kInternal), "internal");
  EXPECT_EQ(to_string(ErrorSource::kUpstream), "upstream");
}

TEST(Result, IsAValueOrAnError) {
  Result<std::unique_ptr<int>> good = std::make_unique<int>(3);
  ASSERT_TRUE(good);
  EXPECT_EQ(*std::move(good).value(), 3);
  Result<std::unique_ptr<int>> bad = Error(ErrorKind::kNotFound, "none");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(Status().ok());
  EXPECT_FALSE(Status(Error(ErrorKind::kInvalid, "no")).ok());
}

}  // namespace
}  // namespace moongate
