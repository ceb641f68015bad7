#include "protocol/json_elements.h"

#include <gtest/gtest.h>

#include <utility>

#include "unit/protocol/recorded_streams.h"
#include "unit/protocol/splits.h"

namespace moongate {
namespace {

using Found = std::vector<std::pair<Piece, std::string>>;

Piece drain(JsonElementSplitter& splitter, std::string_view bytes, Found& found) {
  splitter.feed(bytes);
  std::string_view piece;
  for (;;) {
    const Piece kind = splitter.next(piece);
    if (kind == Piece::kMore || kind == Piece::kBroken) return kind;
    found.emplace_back(kind, piece);
  }
}

TEST(JsonElements, AreGivenWithoutWhatStandsBetweenThem) {
  JsonElementSplitter splitter(1000);
  Found found;
  EXPECT_EQ(drain(splitter, " [ {\"a\":\"]}\\\"\"} \r\n,\n{\"b\":[{}]}", found), Piece::kMore);
  EXPECT_EQ(found, (Found{{Piece::kWhole, "{\"a\":\"]}\\\"\"}"}, {Piece::kWhole, "{\"b\":[{}]}"}}));
  EXPECT_TRUE(splitter.opened());
  EXPECT_FALSE(splitter.closed());
  EXPECT_EQ(drain(splitter, " ] ", found), Piece::kMore);
  EXPECT_TRUE(splitter.closed());
  EXPECT_EQ(drain(splitter, "x", found), Piece::kBroken);
}

TEST(JsonElements, MayBeALoneObject) {
  JsonElementSplitter splitter(1000);
  Found found;
  EXPECT_EQ(drain(splitter, "{\"error\":{}}\n", found), Piece::kMore);
  EXPECT_EQ(found, (Found{{Piece::kWhole, "{\"error\":{}}"}}));
  EXPECT_FALSE(splitter.opened());
  EXPECT_TRUE(splitter.closed());
}

TEST(JsonElements, OfAnEmptyArrayAreNone) {
  JsonElementSplitter splitter(1000);
  Found found;
  EXPECT_EQ(drain(splitter, "[]", found), Piece::kMore);
  EXPECT_TRUE(found.empty());
  EXPECT_TRUE(splitter.opened() && splitter.closed());
}

TEST(JsonElements, OverTheBoundComeInParts) {
  const std::string large = "{\"t\":\"" + std::string(5000, 'x') + "\"}";
  JsonElementSplitter splitter(100);
  Found found;
  const std::string text = "[" + large + ",{}]";
  for (std::size_t at = 0; at < text.size(); at += 60) {
    EXPECT_EQ(drain(splitter, std::string_view(text).substr(at, 60), found), Piece::kMore);
    EXPECT_LE(splitter.held().size(), 100U);
  }
  std::string together;
  for (const auto& [kind, piece] : found) {
    if (kind == Piece::kPart) together += piece;
  }
  EXPECT_EQ(together, large);
  EXPECT_EQ(found.back(), (std::pair<Piece, std::string>{Piece::kWhole, "{}"}));
}

TEST(JsonElements, OfWhatIsNoArrayOfObjectsAreRefused) {
  for (const char* text :
       {"x", "[1]", "[\"a\"]", "[[]]", "[,]", "[{},]", "[{}{}]", "[{\"a\":\"\x01\"}]", "]"}) {
    JsonElementSplitter splitter(1000);
    Found found;
    EXPECT_EQ(drain(splitter, text, found), Piece::kBroken) << text;
    EXPECT_EQ(drain(splitter, "[{}]", found), Piece::kBroken);
  }
}

TEST(JsonElements, AreTheSameHoweverTheStreamIsCut) {
  JsonElementSplitter at_once(1 << 20);
  Found whole;
  drain(at_once, recorded::kGeminiArray, whole);
  EXPECT_EQ(whole.size(), 2U);
  splits::for_each(recorded::kGeminiArray, [&](const splits::Pieces& pieces) {
    JsonElementSplitter splitter(1 << 20);
    Found found;
    for (const std::string_view piece : pieces) drain(splitter, std::string(piece), found);
    ASSERT_EQ(found, whole);
    ASSERT_TRUE(splitter.closed());
  });
}

}  // namespace
}  // namespace moongate
