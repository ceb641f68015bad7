#include "config/json_tree.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

JsonNode parsed(std::string_view text) {
  JsonNode root;
  const auto fault = parse_json(text, root);
  EXPECT_FALSE(fault) << text << ": " << (fault ? fault->message : "");
  return root;
}

TEST(JsonTree, KeepsValuesWithTheirPlaces) {
  const std::string text = R"( {"a": [1, -2.5e+3, "x\ny"], "b": {"c": null, "d": true}} )";
  const JsonNode root = parsed(text);
  const JsonNode* a = root.find("a");
  ASSERT_NE(a, nullptr);
  ASSERT_EQ(a->items.size(), 3U);
  EXPECT_EQ(a->items[1].text, "-2.5e+3");
  EXPECT_EQ(a->items[2].text, "x\ny");
  EXPECT_EQ(text.substr(a->items[2].begin, a->items[2].end - a->items[2].begin), R"("x\ny")");
  EXPECT_TRUE(root.find("b")->find("d")->boolean);
  EXPECT_EQ(root.find("b")->find("c")->type, JsonNode::Type::kNull);
  EXPECT_EQ(root.find("z"), nullptr);
}

TEST(JsonTree, DecodesEveryEscape) {
  EXPECT_EQ(parsed(R"("\"\\\/\b\f\n\r\t\u0041\u00e4\u20AC\uD83C\uDF19")").text, "\"\\/\b\f\n\r\tA\u00e4\u20ac\U0001F319");
}

TEST(JsonTree, TakesWhatRfc8259Takes) {
  for (const char* text : {"0", "-0", "1E5", "\"\"", "[]", "{}", "[[],{}]", " \t\r\nnull ", "\"\xF0\x9F\x8C\x99\"", "1e400"}) {
    parsed(text);
  }
}

TEST(JsonTree, RefusesWhatRfc8259Refuses) {
  for (const char* text :
       {"", " ", "{", "[", "]", "{]", "[1,]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{1:2}", "[1 2]", "01", "+1", ".5",
        "1.", "1e", "-", "nul", "NaN", "Infinity", "tru", "'a'", "\"a", "\"\x01\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
        "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xF5\x80\x80\x80\"", "\"\xE2\x82\"", "1 1",
        "{}x", "\xEF\xBB\xBF{}", "// x\n1", "[1]/**/", "\"\\u0000\"", "\"\x7F\x80\""}) {
    JsonNode root;
    EXPECT_TRUE(parse_json(text, root)) << text;
  }
  JsonNode root;
  EXPECT_TRUE(parse_json(std::string_view("{}\0", 3), root));
  EXPECT_TRUE(parse_json(std::string_view("\0", 1), root));
}

TEST(JsonTree, SaysInWhichValueItStopped) {
  JsonNode root;
  const auto fault = parse_json(R"({"a": [0, {"odd key": tru}]})", root);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->path, "$.a[1][\"odd key\"]");
  EXPECT_EQ(fault->offset, 22U);
}

TEST(JsonTree, NestsToItsBoundAndNoFurther) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  parsed(nested(kMaxJsonDepth));
  JsonNode root;
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth + 1), root));
  EXPECT_TRUE(parse_json(std::string(1000000, '['), root));
}

TEST(JsonPath, QuotesWhatIsNoPlainNameAndCutsWhatIsLong) {
  EXPECT_EQ(json_path("$", "client_token"), "$.client_token");
  EXPECT_EQ(json_path("$.a", 3), "$.a[3]");
  EXPECT_EQ(json_path("$", "a.b\n"), "$[\"a.b\\n\"]");
  EXPECT_LT(json_path("$", std::string(100000, 'x')).size(), 100U);
}

TEST(TextPosition, CountsLinesAndLettersFromOne) {
  const std::string text = "ab\nc\xC3\xA4" "d\n";
  EXPECT_EQ(position_of(text, 0).line, 1);
  EXPECT_EQ(position_of(text, 6).line, 2);
  EXPECT_EQ(position_of(text, 6).column, 3);
  EXPECT_EQ(position_of(text, 999).line, 3);
}

}  // namespace
}  // namespace moongate
