#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

namespace moongate {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_json_escaped(out, text);
  return out;
}

TEST(JsonEscape, EscapesWhatJsonDemands) {
  EXPECT_EQ(escaped("a\"b\\c\n\r\t\x01\x1F\x7F/"), "a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\\u007f/");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), "\\u0000");
}

TEST(JsonEscape, KeepsValidUtf8) {
  const std::string text = "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8C\x99\xEF\xBF\xBF\xED\x9F\xBF\xF4\x8F\xBF\xBF";
  EXPECT_EQ(escaped(text), text);
}

TEST(JsonEscape, ReplacesWhatIsNoUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(escaped("\xFF"), bad);
  EXPECT_EQ(escaped("a\x80z"), "a" + bad + "z");
  EXPECT_EQ(escaped("\xC3"), bad);  // cut off
  EXPECT_EQ(escaped("\xE2\x82"), bad + bad);
  EXPECT_EQ(escaped("\xC0\xAF"), bad + bad);  // overlong
  EXPECT_EQ(escaped("\xE0\x80\xAF"), bad + bad + bad);
  EXPECT_EQ(escaped("\xED\xA0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(escaped("\xF4\x90\x80\x80"), bad + bad + bad + bad);  // beyond U+10FFFF
  EXPECT_EQ(escaped("\xC3\""), bad + "\\\"");                     // the quote is not swallowed
}

TEST(Logger, WritesOneJsonObjectALine) {
  MemorySink sink;
  const ManualClock clock(1'700'000'000);
  const Logger logger(sink, clock, LogLevel::kInfo);
  logger.info("said", {{"text", "x"}, {"count", 3}, {"big", std::int64_t{-5}}, {"size", std::size_t{7}}});
  EXPECT_EQ(sink.text(),
            "{\"time\":\"2023-11-14T22:13:20.000Z\",\"level\":\"info\",\"message\":\"said\",\"text\":\"x\","
            "\"count\":3,\"big\":-5,\"size\":7}\n");
}

TEST(Logger, StaysOneLineOfJsonWithHostileText) {
  MemorySink sink;
  const ManualClock clock;
  const Logger logger(sink, clock, LogLevel::kDebug);
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  logger.error(every, {{"a\"b\n", every}, {"inject", "\"},\"level\":\"info\"\n{"}});
  const std::string text = sink.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  boost::json::error_code ec;
  const auto value = boost::json::parse(text, ec);
  ASSERT_FALSE(ec) << text;
  EXPECT_EQ(value.as_object().at("level").as_string(), "error");
  EXPECT_EQ(value.as_object().at("inject").as_string(), "\"},\"level\":\"info\"\n{");
}

TEST(Logger, SkipsWhatIsBelowItsLevel) {
  MemorySink sink;
  const ManualClock clock;
  const Logger logger(sink, clock, LogLevel::kWarn);
  logger.debug("no");
  logger.info("no");
  EXPECT_EQ(sink.text(), "");
  logger.warn("yes");
  logger.error("yes");
  const std::string text = sink.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_FALSE(logger.enabled(LogLevel::kInfo));
}

TEST(FormatUtc, WritesMilliseconds) {
  EXPECT_EQ(format_utc_ms(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_utc_ms(1'709'164'799'007), "2024-02-28T23:59:59.007Z");
  EXPECT_EQ(format_utc_ms(1'709'164'800'000), "2024-02-29T00:00:00.000Z");
}

TEST(ManualClock, MovesOnlyWhenMoved) {
  ManualClock clock(100);
  EXPECT_EQ(clock.unix_seconds(), 100);
  const MonoMs start = clock.mono_ms();
  clock.advance_ms(1500);
  EXPECT_EQ(clock.unix_ms(), 101'500);
  EXPECT_EQ(clock.mono_ms(), start + 1500);
  clock.step_unix_ms(-10'000);
  EXPECT_EQ(clock.unix_ms(), 91'500);
  EXPECT_EQ(clock.mono_ms(), start + 1500);
}

}  // namespace
}  // namespace moongate
