#include "meter/decoder.h"

#include <gtest/gtest.h>

#include <random>

#include "encoded.h"

namespace moongate {
namespace {

struct Decoded {
  std::string text;
  bool ok = true;
  bool ended = false;
};

Decoded decode(ContentCoding coding, std::string_view body, std::size_t piece = std::string_view::npos) {
  Decoded out;
  const auto decoder = Decoder::create(coding);
  EXPECT_NE(decoder, nullptr);
  while (!body.empty() && out.ok) {
    out.ok = decoder->feed(body.substr(0, piece), [&](std::string_view text) {
      EXPECT_LE(text.size(), 16U * 1024);
      out.text += text;
    });
    body.remove_prefix(std::min(piece, body.size()));
  }
  out.ended = decoder->ended();
  return out;
}

// Text as upstreams send it: repetitive, with something in it that is not.
std::string events(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
            "\"text_delta\",\"text\":\"" + std::to_string(random()) + "\"}}\n\n";
  }
  return text;
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST(ContentCodingHeader, IsReadInAnySpelling) {
  EXPECT_EQ(parse_content_coding(""), ContentCoding::kIdentity);
  EXPECT_EQ(parse_content_coding("identity"), ContentCoding::kIdentity);
  EXPECT_EQ(parse_content_coding("gzip"), ContentCoding::kGzip);
  EXPECT_EQ(parse_content_coding("X-GZip"), ContentCoding::kGzip);
  EXPECT_EQ(parse_content_coding("deflate"), ContentCoding::kDeflate);
  EXPECT_EQ(parse_content_coding("BR"), ContentCoding::kBrotli);
  EXPECT_EQ(parse_content_coding(" zstd\t"), ContentCoding::kZstd);
  EXPECT_EQ(parse_content_coding("identity, gzip"), ContentCoding::kGzip);
  EXPECT_EQ(parse_content_coding("gzip,,identity ,"), ContentCoding::kGzip);
}

TEST(ContentCodingHeader, IsUnknownWhenCodingsAreChainedOrNew) {
  for (const char* text : {"gzip, br", "gzip, gzip", "br;q=1", "compress", "gzipx", "dcb", "aes128gcm, gzip"}) {
    EXPECT_EQ(parse_content_coding(text), ContentCoding::kUnknown) << text;
  }
  EXPECT_EQ(Decoder::create(ContentCoding::kUnknown), nullptr);
  EXPECT_EQ(Decoder::create(ContentCoding::kIdentity), nullptr);
}

TEST(Decoder, GivesBackWhatWasEncodedWhateverItWas) {
  for (const Wrapping wrapping : kEveryWrapping) {
    for (const std::string& text : {std::string(), std::string("x"), events(3), events(3000), noise(200'000, 7)}) {
      const std::string body = encode(wrapping, text);
      const Decoded out = decode(coding_of(wrapping), body);
      EXPECT_TRUE(out.ok) << to_text(wrapping) << ' ' << text.size();
      EXPECT_TRUE(out.ended) << to_text(wrapping) << ' ' << text.size();
      EXPECT_EQ(out.text == text, true) << to_text(wrapping) << ' ' << text.size();
    }
  }
}

TEST(Decoder, GivesTheSameWhereverTheBodyIsCut) {
  const std::string text = events(8) + noise(50, 3);
  for (const Wrapping wrapping : kEveryWrapping) {
    const std::string body = encode(wrapping, text);
    for (std::size_t cut = 1; cut < body.size(); ++cut) {
      const auto decoder = Decoder::create(coding_of(wrapping));
      std::string out;
      const auto sink = [&](std::string_view piece) { out += piece; };
      ASSERT_TRUE(decoder->feed(std::string_view(body).substr(0, cut), sink)) << to_text(wrapping) << " at " << cut;
      ASSERT_FALSE(decoder->ended()) << to_text(wrapping) << " at " << cut;
      ASSERT_TRUE(decoder->feed(std::string_view(body).substr(cut), sink)) << to_text(wrapping) << " at " << cut;
      ASSERT_TRUE(decoder->ended()) << to_text(wrapping) << " at " << cut;
      ASSERT_EQ(out, text) << to_text(wrapping) << " at " << cut;
    }
  }
}

TEST(Decoder, GivesTheSameFromPiecesOfAnySize) {
  const std::string text = events(400) + noise(40'000, 5) + std::string(100'000, ' ');
  for (const Wrapping wrapping : kEveryWrapping) {
    const std::string body = encode(wrapping, text);
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U, 4096U, 16384U}) {
      const Decoded out = decode(coding_of(wrapping), body, piece);
      EXPECT_TRUE(out.ok && out.ended) << to_text(wrapping) << " by " << piece;
      EXPECT_EQ(out.text == text, true) << to_text(wrapping) << " by " << piece;
    }
  }
}

TEST(Decoder, ShowsEachEventAsSoonAsItsBytesAreThere) {
  std::vector<std::string> pieces;
  for (unsigned i = 0; i < 20; ++i) pieces.push_back(events(1, i));
  for (const Wrapping wrapping : kEveryWrapping) {
    std::vector<std::size_t> ends;
    const std::string body = encode(wrapping, pieces, true, &ends);
    const auto decoder = Decoder::create(coding_of(wrapping));
    std::string out, expected;
    std::size_t at = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const auto piece = std::string_view(body).substr(at, ends[i] - at);
      ASSERT_TRUE(decoder->feed(piece, [&](std::string_view text) { out += text; }));
      at = ends[i];
      expected += pieces[i];
      ASSERT_EQ(out, expected) << to_text(wrapping) << " event " << i;
    }
  }
}

TEST(Decoder, KnowsABodyThatIsCutOffFromOneThatHasEnded) {
  const std::string text = events(50);
  for (const Wrapping wrapping : kEveryWrapping) {
    const std::string body = encode(wrapping, text);
    for (const std::size_t kept : {std::size_t{1}, body.size() / 2, body.size() - 1}) {
      const Decoded out = decode(coding_of(wrapping), std::string_view(body).substr(0, kept));
      EXPECT_TRUE(out.ok) << to_text(wrapping);
      EXPECT_FALSE(out.ended) << to_text(wrapping);
      EXPECT_TRUE(text.starts_with(out.text)) << to_text(wrapping);
    }
  }
}

TEST(Decoder, RefusesWhatIsNotInItsCoding) {
  for (const Wrapping wrapping : {Wrapping::kGzip, Wrapping::kZlib, Wrapping::kZstd}) {
    for (const std::string& body : {std::string("{\"type\":\"message\"}"), events(10), noise(10'000, 11)}) {
      const auto decoder = Decoder::create(coding_of(wrapping));
      std::size_t decoded = 0;
      bool ok = true;
      for (std::size_t at = 0; at < body.size() && ok; at += 100) {
        ok = decoder->feed(std::string_view(body).substr(at, 100), [&](std::string_view text) { decoded += text.size(); });
      }
      EXPECT_TRUE(!ok || decoder->ended()) << to_text(wrapping);
      if (!ok) EXPECT_FALSE(decoder->feed("more", [](std::string_view) { FAIL() << "after it has failed"; }));
    }
  }
  EXPECT_FALSE(decode(ContentCoding::kGzip, "plain text").ok);
  EXPECT_FALSE(decode(ContentCoding::kZstd, "plain text").ok);
}

TEST(Decoder, NeverCrashesNorInventsAnEndOnCorruptBodies) {
  const std::string text = events(30);
  for (const Wrapping wrapping : kEveryWrapping) {
    const std::string body = encode(wrapping, text);
    std::mt19937 random(13);
    for (int round = 0; round < 400; ++round) {
      std::string corrupt = body;
      for (unsigned n = 1 + random() % 3; n > 0; --n) corrupt[random() % corrupt.size()] ^= static_cast<char>(1u << random() % 8);
      const Decoded out = decode(coding_of(wrapping), corrupt, 1 + random() % 200);
      // gzip, zlib and zstd carry a checksum: what passes it to the end is the text. Their headers hold bits without
      // a meaning, so that a change may do no harm.
      if ((wrapping == Wrapping::kGzip || wrapping == Wrapping::kZstd) && out.ok && out.ended && !out.text.empty()) {
        EXPECT_EQ(out.text == text, true) << to_text(wrapping) << " round " << round;
      }
    }
  }
}

TEST(Decoder, ReadsSeveralMembersOneAfterAnother) {
  const std::string first = events(3, 1), second = events(5, 2);
  for (const Wrapping wrapping : {Wrapping::kGzip, Wrapping::kZstd}) {
    const std::string body = encode(wrapping, first) + encode(wrapping, second);
    for (std::size_t piece = 1; piece < 60; ++piece) {
      const Decoded out = decode(coding_of(wrapping), body, piece);
      ASSERT_TRUE(out.ok && out.ended) << to_text(wrapping) << " by " << piece;
      ASSERT_EQ(out.text, first + second) << to_text(wrapping) << " by " << piece;
    }
  }
}

TEST(Decoder, IgnoresWhatFollowsTheEnd) {
  const std::string text = events(3);
  for (const Wrapping wrapping : kEveryWrapping) {
    for (const std::string& tail : {std::string("\0\0\0\0", 4), std::string("trailing"), std::string(100'000, 'x')}) {
      const std::string body = encode(wrapping, text) + tail;
      for (const std::size_t piece : {std::size_t{1}, std::size_t{50}, body.size()}) {
        const Decoded out = decode(coding_of(wrapping), body, piece);
        EXPECT_TRUE(out.ok && out.ended) << to_text(wrapping) << " by " << piece;
        EXPECT_EQ(out.text, text) << to_text(wrapping) << " by " << piece;
      }
    }
  }
}

TEST(Decoder, StopsAtABombAfterLittleWork) {
  for (const Wrapping wrapping : kEveryWrapping) {
    const std::string bomb = encode(wrapping, std::string(16 << 20, '\0'));
    const auto decoder = Decoder::create(coding_of(wrapping));
    std::uint64_t decoded = 0;
    const bool ok = decoder->feed(bomb, [&](std::string_view text) { decoded += text.size(); });
    EXPECT_FALSE(ok) << to_text(wrapping);
    EXPECT_LE(decoded, Decoder::kSlack + Decoder::kMaxRatio * bomb.size() + 16 * 1024) << to_text(wrapping);
    EXPECT_LE(decoded, 4U << 20) << to_text(wrapping);
    EXPECT_FALSE(decoder->feed("x", [](std::string_view) { FAIL(); })) << to_text(wrapping);
  }
}

TEST(Decoder, TakesLongRepetitiveAnswersThatAreNoBombs) {
  std::vector<std::string> pieces(20'000, "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ha \"}]}}]}\r\n\r\n");
  for (const Wrapping wrapping : kEveryWrapping) {
    const std::string body = encode(wrapping, pieces, true);
    const Decoded out = decode(coding_of(wrapping), body, 1400);
    EXPECT_TRUE(out.ok && out.ended) << to_text(wrapping);
    EXPECT_EQ(out.text.size(), pieces.size() * pieces[0].size());
  }
}

TEST(Decoder, GrantsZstdWindowsUpTo8MiBAndNoMore) {
  const std::string text = noise(9 << 20, 17);
  EXPECT_TRUE(decode(ContentCoding::kZstd, encode_zstd_window(text, 23), 65536).ok);
  EXPECT_FALSE(decode(ContentCoding::kZstd, encode_zstd_window(text, 24), 65536).ok);
}

}  // namespace
}  // namespace moongate
