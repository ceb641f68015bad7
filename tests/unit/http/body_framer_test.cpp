#include "http/body_framer.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

struct Taken {
  std::string payload;
  std::size_t consumed = 0;
  int last_chunks = 0;
};

// Feeds `raw` until the framer takes no more of it.
void feed(BodyFramer& framer, std::string_view raw, Taken& run) {
  while (!raw.empty()) {
    const auto piece = framer.next(raw);
    ASSERT_LE(piece.consumed, raw.size());
    ASSERT_LE(piece.payload.size(), piece.consumed);
    if (!piece.payload.empty()) {
      ASSERT_EQ(piece.payload.data() + piece.payload.size(), raw.data() + piece.consumed)
          << "the payload comes last";
    }
    run.payload += piece.payload;
    run.consumed += piece.consumed;
    run.last_chunks += piece.last_chunk ? 1 : 0;
    if (piece.consumed == 0) return;
    raw.remove_prefix(piece.consumed);
  }
}

bool malformed(std::string_view raw) {
  BodyFramer framer(Framing::kChunked, 0);
  Taken run;
  feed(framer, raw, run);
  return framer.broken();
}

const std::string kChunked =
    "5;name=\"v\"\r\nhello\r\n1 \t\r\n,\r\n00A\r\n0123456789\r\n0;x\r\nT: 1\r\nU: 2\r\n\r\n";

TEST(BodyFramer, NoBodyIsDoneAtOnce) {
  EXPECT_TRUE(BodyFramer().done());
  EXPECT_TRUE(BodyFramer(Framing::kNone, 0).done());
  BodyFramer empty(Framing::kLength, 0);
  EXPECT_TRUE(empty.done());
  EXPECT_EQ(empty.next("next request").consumed, 0u);
}

TEST(BodyFramer, ALengthEndsWhereItEnds) {
  BodyFramer framer(Framing::kLength, 5);
  Taken run;
  feed(framer, "hel", run);
  EXPECT_EQ(framer.left(), 2u);
  EXPECT_FALSE(framer.may_end_here());
  EXPECT_FALSE(framer.at_chunk_boundary());
  feed(framer, "loGET /", run);
  EXPECT_EQ(run.payload, "hello");
  EXPECT_EQ(run.consumed, 5u);
  EXPECT_TRUE(framer.done() && framer.may_end_here());
}

TEST(BodyFramer, UntilCloseTakesEverythingAndMayEndAnywhere) {
  BodyFramer framer(Framing::kUntilClose, 0);
  EXPECT_TRUE(framer.may_end_here() && framer.at_chunk_boundary() && !framer.done());
  EXPECT_EQ(framer.next("abc").payload, "abc");
  EXPECT_TRUE(framer.may_end_here());
}

TEST(BodyFramer, ChunksGiveTheirPayloadAtEveryCut) {
  const std::string raw = kChunked + "HTTP/1.1";
  for (std::size_t a = 0; a <= kChunked.size(); ++a) {
    for (std::size_t b = a; b <= kChunked.size(); ++b) {
      BodyFramer framer(Framing::kChunked, 0);
      Taken run;
      feed(framer, raw.substr(0, a), run);
      feed(framer, raw.substr(a, b - a), run);
      ASSERT_EQ(framer.done(), b == kChunked.size());
      feed(framer, raw.substr(b), run);
      ASSERT_TRUE(framer.done()) << a << " " << b;
      ASSERT_EQ(run.payload, "hello,0123456789");
      ASSERT_EQ(run.consumed, kChunked.size());
      ASSERT_EQ(run.last_chunks, 1);
    }
  }
}

TEST(BodyFramer, TellsBoundariesExactly) {
  // b: between chunks, s: inside a size line, l: right behind the last one's, -: none of these; before each
  // byte.
  const std::string raw = "5;x\r\nhello\r\nA \r\n0123456789\r\n0\r\nT: 1\r\n\r\n";
  std::string got;
  BodyFramer framer(Framing::kChunked, 0);
  for (const char c : raw) {
    const bool b = framer.at_chunk_boundary(), s = framer.inside_size(), l = framer.inside_last();
    EXPECT_LE(b + s + l, 1);
    got += b ? 'b' : s ? 's' : l ? 'l' : '-';
    framer.next(std::string_view(&c, 1));
  }
  EXPECT_TRUE(framer.done());
  std::string expected;
  expected +=
      "bssss"
      "-------";  // "5;x\r\n" "hello\r\n"
  expected +=
      "bsss"
      "------------";  // "A \r\n" "0123456789\r\n"
  expected +=
      "bss"
      "l-----"
      "--";  // "0\r\n" "T: 1\r\n" "\r\n": after a trailer it is not the place any more
  EXPECT_EQ(got, expected);
}

TEST(BodyFramer, SizesThatAreNoneAreMalformed) {
  for (const char* raw : {"\r\n", "g\r\n", " 5\r\nhello\r\n", "-1\r\n", "+5\r\n", "0x5\r\n", ";x\r\n",
                          "5 5\r\n", "5\t5\r\n", "5,\r\n", "5\"\r\n", "\n"}) {
    EXPECT_TRUE(malformed(raw)) << raw;
  }
}

TEST(BodyFramer, SizesThatOverflowAreMalformed) {
  EXPECT_FALSE(malformed("fffffffffffffff\r\n"));  // absurd, but a number
  EXPECT_TRUE(malformed("ffffffffffffffff\r\n"));
  EXPECT_TRUE(malformed("10000000000000005\r\n"));
  EXPECT_TRUE(malformed(std::string(4000, '0') + "5\r\n"));
}

TEST(BodyFramer, LinesEndInCrlfAlone) {
  EXPECT_TRUE(malformed("5\nhello\r\n"));
  EXPECT_TRUE(malformed("5\r5"));
  EXPECT_TRUE(malformed("5;x\ny\r\n"));
  EXPECT_TRUE(malformed("5;x\ry\r\n"));
  EXPECT_TRUE(malformed("5\r\nhello\n"));
  EXPECT_TRUE(malformed("5\r\nhelloX"));
  EXPECT_TRUE(malformed("5\r\nhello\rX"));
  EXPECT_TRUE(malformed("5\r\nhello!\r\n0\r\n\r\n"));
  EXPECT_TRUE(malformed("0\r\n\n"));
  EXPECT_TRUE(malformed("0\r\n\rX"));
  EXPECT_TRUE(malformed("0\r\nT: 1\n\r\n"));
}

TEST(BodyFramer, TrailersHaveNoFoldsOrNul) {
  EXPECT_TRUE(malformed("0\r\n folded\r\n\r\n"));
  EXPECT_TRUE(malformed("0\r\n\tfolded\r\n\r\n"));
  EXPECT_TRUE(malformed(std::string_view("0\r\n\0: 1\r\n\r\n", 12)));
  EXPECT_TRUE(malformed(std::string_view("0\r\nT\0: 1\r\n\r\n", 13)));
  EXPECT_TRUE(malformed(std::string_view("5;\0\r\n", 5)));
}

TEST(BodyFramer, OverheadIsBounded) {
  constexpr auto kMax = BodyFramer::kMaxChunkOverhead;
  EXPECT_FALSE(malformed("5;" + std::string(kMax, 'x') + "\r\nhello\r\n"));
  EXPECT_TRUE(malformed("5;" + std::string(kMax + 1, 'x') + "\r\nhello\r\n"));
  EXPECT_TRUE(malformed("5" + std::string(kMax + 2, ' ') + "\r\nhello\r\n"));
  std::string trailers = "0\r\n";
  for (int i = 0; i < 2000; ++i) trailers += "T: 1\r\n";
  EXPECT_TRUE(malformed(trailers));
  std::string chunks;  // the bound is one chunk's
  for (int i = 0; i < 10; ++i) chunks += "1;" + std::string(kMax / 2, 'x') + "\r\na\r\n";
  EXPECT_FALSE(malformed(chunks));
}

TEST(BodyFramer, StaysBrokenAndTakesNothingMore) {
  BodyFramer framer(Framing::kChunked, 0);
  Taken run;
  feed(framer, "5\r\nhelloX", run);
  EXPECT_EQ(run.payload, "hello");
  EXPECT_EQ(run.consumed, 8u) << "up to the byte that does not belong";
  ASSERT_TRUE(framer.broken());
  EXPECT_EQ(framer.next("0\r\n\r\n").consumed, 0u);
  EXPECT_FALSE(framer.done() || framer.may_end_here());
}

}  // namespace
}  // namespace moongate
