#include "config/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace moongate {
namespace {

TEST(EditDistance, CountsInsertionsDeletionsReplacementsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("abc", "abxc"), 1U);
  EXPECT_EQ(edit_distance("abc", "ac"), 1U);
  EXPECT_EQ(edit_distance("abc", "axc"), 1U);
  EXPECT_EQ(edit_distance("abc", "acb"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(EditDistance, OfAHostileNameIsBounded) { EXPECT_EQ(edit_distance(std::string(1 << 20, 'x'), "workers"), kNearestBytes); }

TEST(NearestName, IsTheClosestAndALastPartWins) {
  const std::vector<std::string_view> known = {"listen.http", "listen.https", "log.level", "workers"};
  EXPECT_EQ(nearest_name("listen.htp", known), "listen.http");
  EXPECT_EQ(nearest_name("worker", known), "workers");
  EXPECT_EQ(nearest_name("level", known), "log.level");
  EXPECT_EQ(nearest_name("", known), "workers");
  EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(Quotable, HidesNothingButWhatCouldFoolATerminal) {
  EXPECT_EQ(quotable("a\x1b[31m\n"), "a\\u001b[31m\\n");
  EXPECT_EQ(quotable("\xFF"), "\xEF\xBF\xBD");
  EXPECT_EQ(quotable("abcdef", 3), "abc…");
}

}  // namespace
}  // namespace moongate
