#include "http/message.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(ParseForm, GivesPairsInOrderDecoded) {
  EXPECT_EQ(parse_form("a=1&b=x+y&a=%41%2b%26"), (Pairs{{"a", "1"}, {"b", "x y"}, {"a", "A+&"}}));
}

TEST(ParseForm, KeepsEscapesThatAreNone) {
  EXPECT_EQ(parse_form("a=%&b=%4&c=%zz&d=100%25%"),
            (Pairs{{"a", "%"}, {"b", "%4"}, {"c", "%zz"}, {"d", "100%%"}}));
}

TEST(ParseForm, TakesNamesWithoutValuesAndSkipsNothings) {
  EXPECT_EQ(parse_form("&&a&=v&b==&"), (Pairs{{"a", ""}, {"", "v"}, {"b", "="}}));
  EXPECT_TRUE(parse_form("").empty());
}

TEST(UrlEncode, EscapesAllButUnreserved) {
  EXPECT_EQ(url_encode("aZ0-._~"), "aZ0-._~");
  EXPECT_EQ(url_encode(std::string_view(" +&=%\xC3\xA4\0", 8)), "%20%2B%26%3D%25%C3%A4%00");
}

TEST(UrlEncode, IsUndoneByParseForm) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  EXPECT_EQ(parse_form(url_encode(every) + "=" + url_encode(every)), (Pairs{{every, every}}));
}

TEST(FindHeader, FoldsCaseAndTakesTheFirst) {
  const HeaderList headers = {{"X-A", "1"}, {"x-a", "2"}};
  EXPECT_EQ(find_header(headers, "X-a"), "1");
  EXPECT_EQ(find_header(headers, "X-B"), "");
}

}  // namespace
}  // namespace moongate
