#include "script/event_text.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

std::string with_data(std::string text, std::string_view data) {
  set_event_data(text, data);
  return text;
}

TEST(AnEvent, HasANameAndData) {
  const std::string_view text = "event: message_start\ndata: {\"a\":1}\n\n";
  EXPECT_EQ("message_start", event_name(text));
  EXPECT_EQ("{\"a\":1}", event_data(text));
  EXPECT_EQ("", event_name("data: x\n\n"));
  EXPECT_EQ("", event_data(": ping\n\n"));
}

TEST(AnEvent, JoinsItsDataLines) {
  EXPECT_EQ("a\nb", event_data("data: a\ndata:b\n\n"));
  EXPECT_EQ("a\n\nb", event_data("data: a\r\ndata\r\ndata: b\r\n\r\n"));
}

TEST(AnEvent, KeepsWhatIsNotData) {
  EXPECT_EQ("event: e\nid: 7\ndata: new\n\n", with_data("event: e\nid: 7\ndata: old\n\n", "new"));
  EXPECT_EQ("data: new\r\nid: 7\r\n\r\n", with_data("data: a\r\nid: 7\r\ndata: b\r\n\r\n", "new"));
  EXPECT_EQ("data: a\ndata: b\n\n", with_data("data: x\n\n", "a\nb"));
  EXPECT_EQ("event: e\ndata: new\n\n", with_data("event: e\n\n", "new"));
  EXPECT_EQ("data:\n\n", with_data("data: x\n\n", ""));
}

TEST(AnEvent, OfAnArrayIsItsElement) {
  EXPECT_FALSE(is_sse_event("  {\"a\":1}\n"));
  EXPECT_EQ("{\"a\":1}", event_data("  {\"a\":1}\n"));
  EXPECT_EQ("  {\"b\":2}\n", with_data("  {\"a\":1}\n", "{\"b\":2}"));
  EXPECT_EQ("", event_name("{\"event\":1}"));
}

}  // namespace
}  // namespace moongate
