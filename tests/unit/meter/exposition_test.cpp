#include "meter/exposition.h"

#include <gtest/gtest.h>

#include "exposition_reader.h"

namespace moongate {
namespace {

TEST(Exposition, WritesFamiliesAndSamples) {
  std::string out;
  Exposition text(out);
  text.family("a_total", "What a is.", "counter");
  text.sample({}, std::uint64_t{5});
  text.family("b", "", "gauge");
  text.sample({{"x", "1"}, {"y", "q\"\\\n"}}, 0.25);
  text.family("c", "C.", "histogram");
  const double bounds[] = {1, 2.5};
  const std::uint64_t counts[] = {1, 0, 2};
  text.histogram("k=\"v\"", bounds, counts, 9);
  EXPECT_EQ(out,
            "# HELP a_total What a is.\n# TYPE a_total counter\na_total 5\n"
            "# HELP b \n# TYPE b gauge\nb{x=\"1\",y=\"q\\\"\\\\\\n\"} 0.25\n"
            "# HELP c C.\n# TYPE c histogram\n"
            "c_bucket{k=\"v\",le=\"1\"} 1\nc_bucket{k=\"v\",le=\"2.5\"} 1\nc_bucket{k=\"v\",le=\"+Inf\"} 3\n"
            "c_sum{k=\"v\"} 9\nc_count{k=\"v\"} 3\n");
  EXPECT_EQ(read_exposition(out).problem, "");
}

// A check that never complains proves nothing.
TEST(ExpositionReader, ComplainsOfEachMistake) {
  const std::string a = "# HELP a A.\n# TYPE a counter\n";
  const std::string h = "# HELP h H.\n# TYPE h histogram\n";
  EXPECT_EQ(read_exposition(a + "a 1\n").problem, "");
  for (const std::string& bad :
       {a + "a 1", a + "a 1\na 2\n", a + "b 1\n", a + "a x\n", a + "a -1\n", a + "a{b=c} 1\n", a + "a{b=\"c} 1\n",
        a + "a{b=\"\\x\"} 1\n", a + "a\t1\n", a + a, std::string("# TYPE a counter\na 1\n"), a + "\n",
        a + "# HELP b B.\n# TYPE b gauge\nb 1\na 1\n", h + "h 1\n# x\n", h + "h_bucket 1\n",
        h + "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n", h + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n",
        h + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n", h + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n"}) {
    EXPECT_NE(read_exposition(bad).problem, "") << bad;
  }
}

}  // namespace
}  // namespace moongate
