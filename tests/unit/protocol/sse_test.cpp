#include "protocol/sse.h"

#include <gtest/gtest.h>

#include <utility>

#include "unit/protocol/recorded_streams.h"
#include "unit/protocol/splits.h"

namespace moongate {
namespace {

using Found = std::vector<std::pair<Piece, std::string>>;

void drain(SseSplitter& splitter, std::string_view bytes, Found& found) {
  splitter.feed(bytes);
  std::string_view piece;
  for (Piece kind; (kind = splitter.next(piece)) != Piece::kMore;) found.emplace_back(kind, piece);
}

Found split(std::string_view text, std::size_t bound = 1 << 20) {
  SseSplitter splitter(bound);
  Found found;
  drain(splitter, text, found);
  return found;
}

TEST(SseSplitter, GivesWholeEventsAsTheyWereSent) {
  const Found found = split("event: a\ndata: 1\n\n: comment\n\ndata: 2\r\n\r\ndata: 3\r\r\ndata: cut");
  const Found expected = {{Piece::kWhole, "event: a\ndata: 1\n\n"},
                          {Piece::kWhole, ": comment\n\n"},
                          {Piece::kWhole, "data: 2\r\n\r\n"},
                          {Piece::kWhole, "data: 3\r\r"},
                          {Piece::kWhole, "\n"}};
  EXPECT_EQ(found, expected);
}

TEST(SseSplitter, GivesAnEventAsSoonAsItsEndIsKnown) {
  SseSplitter splitter(1000);
  Found found;
  drain(splitter, "data: 1\n", found);
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(splitter.held(), "data: 1\n");
  drain(splitter, "\n", found);
  EXPECT_EQ(found.size(), 1U);
  EXPECT_EQ(splitter.held(), "");
  drain(splitter, "data: 2\r\n\r", found);
  EXPECT_EQ(found.size(), 1U);  // an LF may follow
  drain(splitter, "\n", found);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].second, "data: 2\r\n\r\n");
  drain(splitter, "data: 3\r\r", found);  // CR alone: nothing to wait for
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[2].second, "data: 3\r\r");
}

TEST(SseSplitter, GivesAnEventOverTheBoundInParts) {
  const std::string large = "data: " + std::string(5000, 'x') + "\n\n";
  EXPECT_EQ(split(large, 100), (Found{{Piece::kPart, large}}));
  SseSplitter splitter(100);
  Found found;
  for (std::size_t at = 0; at < large.size(); at += 60) {
    drain(splitter, std::string_view(large).substr(at, 60), found);
    EXPECT_LE(splitter.held().size(), 100U);
  }
  drain(splitter, "data: 1\n\n", found);
  std::string together;
  for (const auto& [kind, text] : found) {
    if (&text != &found.back().second) EXPECT_EQ(kind, Piece::kPart);
    together += text;
  }
  EXPECT_EQ(together, large + "data: 1\n\n");
  EXPECT_EQ(found.back(), (std::pair<Piece, std::string>{Piece::kWhole, "data: 1\n\n"}));
}

TEST(SseSplitter, GoesOnAfterAnEventOverTheBoundThatEndedInCr) {
  SseSplitter splitter(4);
  Found found;
  drain(splitter, "data: 1\r\n\r", found);
  drain(splitter, "x\n\n", found);
  EXPECT_EQ(found, (Found{{Piece::kPart, "data: 1\r\n\r"}, {Piece::kWhole, "x\n\n"}}));
}

TEST(SseSplitter, GivesTheSameHoweverTheStreamIsCut) {
  std::string crlf;
  for (const char c : recorded::kAnthropicStream) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const std::string& text :
       {std::string(recorded::kAnthropicStream), crlf, std::string(recorded::kGeminiStream),
        std::string("\n\ndata\n\r\n:x\r\rdata:1\r\r\r\ndata: cut\r\n")}) {
    const Found whole = split(text);
    splits::for_each(text, [&](const splits::Pieces& pieces) {
      SseSplitter splitter(1 << 20);
      Found found;
      std::string together;
      for (const std::string_view piece : pieces) drain(splitter, std::string(piece), found);
      for (const auto& event : found) together += event.second;
      together += splitter.held();
      ASSERT_EQ(together, text);
      ASSERT_EQ(found, whole);
    });
  }
}

TEST(SseEvent, IsReadFieldByField) {
  std::string scratch;
  const std::string raw = "\xEF\xBB\xBFid: 1\nevent: a\nevent:b\r\ndata: one\n:data: no\ndata:two\ndata\n\n";
  const SseEvent event = parse_sse_event(raw, scratch);
  EXPECT_EQ(event.name, "b");
  EXPECT_EQ(event.data, "one\ntwo\n");
  EXPECT_TRUE(event.has_data);
  const SseEvent single = parse_sse_event("data:  x\r\r", scratch);
  EXPECT_EQ(single.data, " x");
  EXPECT_FALSE(parse_sse_event(": comment\n\n", scratch).has_data);
  EXPECT_FALSE(parse_sse_event("\n", scratch).has_data);
}

TEST(SseEvent, SurvivesBeingWrittenAndRead) {
  for (const std::string& data : {std::string("x"), std::string(""), std::string("a\nb"), std::string("\n"),
                                  std::string(" lead"), std::string("a\n\nb")}) {
    const std::string raw = format_sse_event("name", data);
    EXPECT_EQ(split(raw), (Found{{Piece::kWhole, raw}}));
    std::string scratch;
    const SseEvent event = parse_sse_event(raw, scratch);
    EXPECT_EQ(event.name, "name");
    EXPECT_EQ(event.data, data);
  }
  EXPECT_EQ(format_sse_event("", "{}"), "data: {}\n\n");
  EXPECT_EQ(format_sse_event("a\ndata: injected", "x\r\ny"), "event: a\ndata: x\ndata: y\n\n");
}

}  // namespace
}  // namespace moongate
