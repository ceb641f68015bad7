#include "console/negotiation.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

TEST(AcceptsGzip, ReadsNamesWeightsAndTheStar) {
  for (const char* yes : {"gzip", "GZIP", "x-gzip", "br, gzip", "gzip;q=0.001", "gzip ; q=1", "*", "br;q=0, *;q=0.5"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no : {"", "br", "gzipx", "gzip;q=0", "gzip;q=0.000", "gzip;q=", "*;q=0", "gzip;q=0, *", "identity"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

TEST(HasTag, ComparesWeakly) {
  for (const char* yes : {"\"a\"", "W/\"a\"", "\"b\", \"a\"", " \"a\" ", "*"}) EXPECT_TRUE(has_tag(yes, "\"a\"")) << yes;
  for (const char* no : {"", "a", "\"b\"", "\"a", "\"aa\"", "**"}) EXPECT_FALSE(has_tag(no, "\"a\"")) << no;
}

}  // namespace
}  // namespace moongate
