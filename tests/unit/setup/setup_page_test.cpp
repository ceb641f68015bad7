#include "setup/setup_page.h"

#include <gtest/gtest.h>

#include "setup/setup_files.h"

namespace moongate {
namespace {

TEST(ParseHost, TakesNamesAndAddressesWithAndWithoutPort) {
  HostAndPort out;
  for (const char* host : {"localhost", "moon.example.com", "10.0.0.1", "a-b", "[::1]", "[fe80::1]"}) {
    ASSERT_TRUE(parse_host(host, out)) << host;
    EXPECT_EQ(out.host, host);
    EXPECT_EQ(out.port, 0);
    ASSERT_TRUE(parse_host(std::string(host) + ":8889", out)) << host;
    EXPECT_EQ(out.host, host);
    EXPECT_EQ(out.port, 8889);
  }
}

TEST(ParseHost, RefusesWhatCouldMeanSomethingInAPageOrAShell) {
  HostAndPort out;
  for (const char* host : {"", "a b", "a\"", "a'", "<x>", "a$(b)", "a`b`", "a;b", "-a", ".a", "a:", "a:0", "a:65536", "a:1x", "a:-1",
                           "[::1", "[]", "[x]", "::1", "user@host", "a/b", "a\\b", "a%41", "ä"}) {
    EXPECT_FALSE(parse_host(host, out)) << host;
  }
  EXPECT_FALSE(parse_host(std::string(256, 'a'), out));
}

TEST(SetupFiles, AreWholeAndNoneIsForgotten) {
  ASSERT_GE(setup_files().size(), 7U);
  for (const SetupFile& file : setup_files()) {
    EXPECT_FALSE(file.text.empty()) << file.name;
    EXPECT_EQ(file.text.back(), '\n') << file.name;
    EXPECT_LT(file.text.size(), 64U << 10) << file.name;
  }
}

}  // namespace
}  // namespace moongate
