#include "protocol/json_scanner.h"

#include <gtest/gtest.h>

#include "unit/protocol/splits.h"

namespace moongate {
namespace {

using State = JsonScanner::State;
using Shape = JsonScanner::Shape;

JsonScanner model_and_stream() { return JsonScanner({"model", "stream"}, 256); }

TEST(JsonScanner, FindsTopLevelValuesAsTheyWereSent) {
  JsonScanner scanner = model_and_stream();
  const std::string text =
      R"( { "model" : "a\"b\u00e9" ,"messages":[{"model":"no","x":"]}"}], "stream":true } )";
  EXPECT_EQ(scanner.feed(text), State::kDone);
  EXPECT_EQ(scanner.consumed(), text.size());
  const JsonScanner::Capture& model = scanner.capture(0);
  EXPECT_EQ(model.raw, R"("a\"b\u00e9")");
  EXPECT_EQ(model.count, 1U);
  EXPECT_EQ(text.substr(model.key_begin, 7), "\"model\"");
  EXPECT_EQ(text.substr(model.begin, model.end - model.begin), model.raw);
  EXPECT_EQ(scanner.capture(1).raw, "true");
}

TEST(JsonScanner, CapturesWholeContainersAndNumbers) {
  JsonScanner scanner({"usage", "n", "list"}, 256);
  EXPECT_EQ(scanner.feed(R"({"usage": {"a":[1,{"b":"}"}]}, "n":-1.5e3,"list":[ ]})"), State::kDone);
  EXPECT_EQ(scanner.capture(0).raw, R"({"a":[1,{"b":"}"}]})");
  EXPECT_EQ(scanner.capture(1).raw, "-1.5e3");
  EXPECT_EQ(scanner.capture(2).raw, "[ ]");
}

TEST(JsonScanner, KnowsAKeyThatIsSpelledWithEscapes) {
  for (const char* key : {R"(mod\u0065l)", R"(\u006d\u006F\u0064\u0065\u006c)", R"(m\u006fdel)"}) {
    JsonScanner scanner = model_and_stream();
    EXPECT_EQ(scanner.feed(std::string("{\"") + key + "\":\"x\"}"), State::kDone);
    EXPECT_EQ(scanner.capture(0).raw, "\"x\"") << key;
  }
  for (const char* key :
       {R"(mod\u0065)", R"(mod\u0065l\u0000)", R"(mod\el)", R"(mod\u00e5l)", R"(\\model)", R"(model )"}) {
    JsonScanner scanner = model_and_stream();
    EXPECT_EQ(scanner.feed(std::string("{\"") + key + "\":\"x\"}"), State::kDone);
    EXPECT_FALSE(scanner.seen(0)) << key;
  }
}

TEST(JsonScanner, CountsRepeatedKeysHoweverSpelled) {
  JsonScanner scanner = model_and_stream();
  EXPECT_EQ(scanner.feed(R"({"model":"a","mod\u0065l":"b","x":{"model":"c"}})"), State::kDone);
  EXPECT_EQ(scanner.capture(0).count, 2U);
  EXPECT_EQ(scanner.capture(0).raw, "\"b\"");
}

TEST(JsonScanner, TellsAValueOnceItIsComplete) {
  JsonScanner scanner = model_and_stream();
  EXPECT_EQ(scanner.feed(R"({"model":"claude)"), State::kMore);
  EXPECT_FALSE(scanner.seen(0));
  EXPECT_EQ(scanner.feed(R"(-x")"), State::kMore);
  EXPECT_TRUE(scanner.seen(0));
  EXPECT_EQ(scanner.capture(0).raw, "\"claude-x\"");
}

TEST(JsonScanner, BoundsWhatItKeeps) {
  JsonScanner scanner({"model"}, 16);
  EXPECT_EQ(scanner.feed("{\"model\":\"" + std::string(1 << 20, 'm') + "\"}"), State::kDone);
  EXPECT_TRUE(scanner.capture(0).truncated);
  EXPECT_EQ(scanner.capture(0).raw, "\"" + std::string(15, 'm'));
  EXPECT_EQ(scanner.capture(0).end - scanner.capture(0).begin, (1U << 20) + 2);
}

TEST(JsonScanner, RefusesDocumentsWithBrokenStructure) {
  for (const std::string_view text :
       {"", " ", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":{\"b\":1}", "{\"a\":\"x", "{\"a\":\"x\\\"}"}) {
    JsonScanner scanner = model_and_stream();
    EXPECT_EQ(scanner.feed(text), State::kMore) << text;
  }
  for (const std::string_view text : {"[",
                                      "1",
                                      "\"a\"",
                                      "x",
                                      "{]",
                                      "{,}",
                                      "{\"a\"}",
                                      "{\"a\" 1}",
                                      "{\"a\":}",
                                      "{\"a\":1 2}",
                                      "{\"a\":1,}",
                                      "{\"a\":1]",
                                      "{\"a\":[}",
                                      "{\"a\":[1}}",
                                      "{\"a\":{]}",
                                      "{\"a\":1}}",
                                      "{\"a\":1}{",
                                      "{\"a\":1} x",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{\"a\":+1}",
                                      "{\"a\":.1}",
                                      "{\"a\":1;}",
                                      "\xEF\xBB\xBF{}",
                                      "{\"a\":1,,\"b\":2}",
                                      "{\"a\"::1}"}) {
    JsonScanner scanner = model_and_stream();
    EXPECT_EQ(scanner.feed(text), State::kBroken) << text;
    EXPECT_EQ(scanner.feed("{}"), State::kBroken);  // for good
  }
}

TEST(JsonScanner, RefusesControlBytesInStringsAndTellsWhere) {
  for (const char control : {'\0', '\n', '\x1f', '\t'}) {
    for (const std::string& before : {std::string(), std::string(100, 'x'), std::string("\\")}) {
      std::string text = "{\"a\":\"" + before;
      const std::size_t at = text.size();
      text += control;
      text += "tail that is longer than sixteen bytes\"}";
      JsonScanner scanner = model_and_stream();
      EXPECT_EQ(scanner.feed(text), State::kBroken);
      EXPECT_EQ(scanner.consumed(), at);
      JsonScanner in_container = model_and_stream();
      EXPECT_EQ(in_container.feed("{\"c\":[" + text.substr(5) + "]}"), State::kBroken);
      JsonScanner in_key = model_and_stream();
      EXPECT_EQ(in_key.feed("{" + text.substr(5) + ":1}"), State::kBroken);
    }
  }
}

TEST(JsonScanner, LeavesInvalidUtf8ToOthers) {
  JsonScanner scanner = model_and_stream();
  EXPECT_EQ(scanner.feed("{\"model\":\"\xff\xfe\xc0\x80\",\"\xff\":\"\xed\xa0\x80\"}"), State::kDone);
  EXPECT_EQ(scanner.capture(0).raw, "\"\xff\xfe\xc0\x80\"");
}

TEST(JsonScanner, BoundsNesting) {
  const auto nested = [](std::size_t levels) {
    return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
  };
  JsonScanner deep = model_and_stream();
  EXPECT_EQ(deep.feed(nested(JsonScanner::kMaxDepth)), State::kDone);
  JsonScanner deeper = model_and_stream();
  EXPECT_EQ(deeper.feed(nested(JsonScanner::kMaxDepth + 1)), State::kBroken);
  JsonScanner bomb = model_and_stream();
  EXPECT_EQ(bomb.feed("{\"a\":" + std::string(1 << 20, '[')), State::kBroken);
}

TEST(JsonScanner, ReadsEachObjectOfAnArray) {
  JsonScanner scanner({"error", "n"}, 64, Shape::kArrayOfObjects);
  EXPECT_EQ(scanner.feed(R"([{"n":1}, {"error":{"code":429}},3,"x",[{"n":9}] ,{"n":2}])"), State::kDone);
  EXPECT_EQ(scanner.capture(0).raw, R"({"code":429})");
  EXPECT_EQ(scanner.capture(1).raw, "2");
  EXPECT_EQ(scanner.capture(1).count, 2U);
}

TEST(JsonScanner, InArrayModeTakesALoneObjectOrNothingToo) {
  for (const char* text : {"[]", "[ ]", "{}", "[{}]"}) {
    JsonScanner scanner({"n"}, 64, Shape::kArrayOfObjects);
    EXPECT_EQ(scanner.feed(text), State::kDone) << text;
  }
  JsonScanner lone({"n"}, 64, Shape::kArrayOfObjects);
  EXPECT_EQ(lone.feed("{\"n\":7}"), State::kDone);
  EXPECT_EQ(lone.capture(0).raw, "7");
  for (const char* text : {"[,]", "[{},]", "[{}}", "[{}]]", "[{} {}]", "{}]"}) {
    JsonScanner scanner({"n"}, 64, Shape::kArrayOfObjects);
    EXPECT_EQ(scanner.feed(text), State::kBroken) << text;
  }
}

TEST(JsonScanner, IsReadyForTheNextDocumentAfterReset) {
  JsonScanner scanner = model_and_stream();
  EXPECT_EQ(scanner.feed("{\"model\":\"a\",\"model\":\"b\""), State::kMore);
  scanner.reset();
  EXPECT_FALSE(scanner.seen(0));
  EXPECT_EQ(scanner.feed("{\"model\":\"c\"}"), State::kDone);
  EXPECT_EQ(scanner.capture(0).raw, "\"c\"");
  EXPECT_EQ(scanner.capture(0).count, 1U);
  EXPECT_EQ(scanner.consumed(), 13U);
}

std::string summary(const JsonScanner& scanner, std::size_t keys) {
  std::string out =
      std::to_string(static_cast<int>(scanner.state())) + "@" + std::to_string(scanner.consumed());
  for (std::size_t i = 0; i < keys; ++i) {
    const JsonScanner::Capture& c = scanner.capture(i);
    out += "|" + c.raw + "," + std::to_string(c.key_begin) + "," + std::to_string(c.begin) + "," +
           std::to_string(c.end) + "," + std::to_string(c.count) + "," + std::to_string(c.truncated);
  }
  return out;
}

TEST(JsonScanner, GivesTheSameHoweverTheTextIsCut) {
  const std::string long_text(70, 'x');
  const std::string texts[] = {
      R"( {"a\\":"\\\"","mod\u0065l" : "claude-\u00e9\"x", "m":[1,[2,{"k":"]\\"}],"s"], "stream":false,"u":{ } } )",
      "{\"system\":\"" + long_text + "\\\\\\\"" + long_text + "\",\"model\":\"" + long_text + "\"}",
      R"([{"model":1},{"stream":[{}],"model":-2e5 } ,null , "x"])",
      R"({"model":"a","model":{"b":"c"}}  x)",
      "{\"messages\":[{\"content\":\"line\x01\"}]}",
      R"({"mod\ud83d\ude00el":1,"mod\ud83dx":2,"\u006dodel":3})",
  };
  for (const std::string& text : texts) {
    const Shape shape = text.front() == '[' ? Shape::kArrayOfObjects : Shape::kObject;
    JsonScanner whole({"model", "stream"}, 20, shape);
    whole.feed(text);
    const std::string expected = summary(whole, 2);
    splits::for_each(text, [&](const splits::Pieces& pieces) {
      JsonScanner scanner({"model", "stream"}, 20, shape);
      for (const std::string_view piece : pieces) {
        scanner.feed(std::string(piece));  // a copy: nothing may be read outside the piece
      }
      ASSERT_EQ(summary(scanner, 2), expected) << text;
    });
  }
}

TEST(JsonString, IsDecodedWithItsEscapes) {
  std::string out;
  EXPECT_TRUE(decode_json_string(R"("a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")", out));
  EXPECT_EQ(out, "a\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_TRUE(decode_json_string("\"\"", out));
  EXPECT_EQ(out, "");
  for (const std::string_view bad :
       {"", "\"", "a", "1", "\"a", "a\"", R"("\x")", R"("\u12")", R"("\u12g4")", R"("\ud83d")",
        R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00")", R"("\")", "\"a\nb\"", R"("a"b")"}) {
    EXPECT_FALSE(decode_json_string(bad, out)) << bad;
  }
}

TEST(JsonUint, IsAnIntegerThatFitsOrNothing) {
  std::uint64_t value = 0;
  EXPECT_TRUE(decode_json_uint("0", value));
  EXPECT_TRUE(decode_json_uint("9223372036854775807", value));
  EXPECT_EQ(value, 9223372036854775807U);
  for (const std::string_view bad : {"", "-1", "9223372036854775808", "99999999999999999999", "1.0", "1e3",
                                     "01", " 1", "1 ", "\"1\"", "null"}) {
    EXPECT_FALSE(decode_json_uint(bad, value)) << bad;
  }
}

}  // namespace
}  // namespace moongate
