#include "live/capture_book.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

CapturedBodies bodies(const std::string& request) {
  CapturedBodies made;
  made.limit = 100;
  made.add_request(request);
  return made;
}

struct Captures : testing::Test {
  ManualClock clock;
  CaptureBook book{clock, 2, 1000};
};

TEST_F(Captures, NobodysBodiesAreWantedUnlessAsked) {
  EXPECT_EQ(book.wanted("ann"), 0U);
  book.begin("ann", "admin", 5, 0);
  EXPECT_EQ(book.wanted("ann"), 1000U);
  EXPECT_EQ(book.wanted("bob"), 0U);
  book.begin("ann", "admin", 5, 10);
  EXPECT_EQ(book.wanted("ann"), 10U);
  book.begin("ann", "admin", 5, 1'000'000);
  EXPECT_EQ(book.wanted("ann"), 1000U);
}

TEST_F(Captures, EndByThemselves) {
  book.begin("ann", "admin", 5, 0);
  clock.advance_ms(5 * 60'000 - 1);
  EXPECT_EQ(book.wanted("ann"), 1000U);
  ASSERT_EQ(book.running().size(), 1U);
  clock.advance_ms(1);
  EXPECT_EQ(book.wanted("ann"), 0U);
  EXPECT_TRUE(book.running().empty());
}

TEST_F(Captures, TheLastFewAreKept) {
  book.begin("ann", "admin", 5, 0);
  for (const char* id : {"a", "b", "c"}) book.keep(id, "ann", bodies(id));
  EXPECT_FALSE(book.find("a"));
  EXPECT_EQ(book.find("b")->request, "b");
  EXPECT_EQ(book.running()[0].captured, 3U);
}

TEST_F(Captures, AnEndTakesWhatWasKeptAndWhatIsStillUnderWay) {
  book.begin("ann", "admin", 5, 0);
  book.begin("bob", "admin", 5, 0);
  book.keep("a", "ann", bodies("a"));
  book.keep("b", "bob", bodies("b"));
  EXPECT_TRUE(book.end("ann"));
  EXPECT_FALSE(book.end("ann"));
  book.keep("late", "ann", bodies("late"));
  EXPECT_FALSE(book.find("a"));
  EXPECT_FALSE(book.find("late"));
  EXPECT_TRUE(book.find("b"));
}

TEST_F(Captures, BodiesAreCutAtTheirLimit) {
  CapturedBodies made;
  made.limit = 5;
  made.add_answer("abc");
  made.add_answer("defgh");
  made.add_answer("i");
  EXPECT_EQ(made.answer, "abcde");
  EXPECT_EQ(made.answer_bytes, 9U);
}

}  // namespace
}  // namespace moongate
