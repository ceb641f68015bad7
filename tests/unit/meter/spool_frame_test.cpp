#include "meter/spool_frame.h"

#include <gtest/gtest.h>

#include <random>

#include "spool_fixture.h"

namespace moongate {
namespace {

constexpr std::uint32_t kSeed = 0x12345678;
const SpoolHeader kHeader{1 << 20, 0, 0, 0, kSeed};

// A segment of 8-byte aligned memory.
class Page {
 public:
  explicit Page(std::size_t bytes) : words_(bytes / 8) {}
  std::size_t add(std::size_t at, std::string_view payload) {
    write_spool_frame(reinterpret_cast<char*>(words_.data()) + at, kSeed, payload);
    return at + spool_frame_size(payload.size());
  }
  std::string text() const { return {reinterpret_cast<const char*>(words_.data()), words_.size() * 8}; }

 private:
  std::vector<std::uint64_t> words_;
};

struct Read {
  std::vector<std::string> payloads;
  SpoolFrame::Kind end = SpoolFrame::Kind::kEnd;
};

Read read_all(std::string_view bytes) {
  Read read;
  for (;;) {
    const SpoolFrame frame = read_spool_frame(bytes, kSeed, true);
    read.end = frame.kind;
    if (frame.kind != SpoolFrame::Kind::kFrame) return read;
    read.payloads.emplace_back(frame.payload);
    bytes.remove_prefix(std::min(frame.size, bytes.size()));
  }
}

TEST(SpoolFrame, TheChecksumIsCrc32cOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("56789", crc32c("1234")), crc32c("123456789"));
}

TEST(SpoolFrame, FramesOfEveryLengthComeBackInOrder) {
  Page page(1 << 20);
  std::vector<std::string> written;
  std::size_t at = 0;
  for (std::size_t size = 1; size < 600; ++size) {
    written.emplace_back(size, static_cast<char>(size));
    at = page.add(at, written.back());
  }
  written.emplace_back(kLongestSpoolPayload, 'x');
  page.add(at, written.back());
  const Read read = read_all(page.text());
  EXPECT_EQ(read.payloads, written);
  EXPECT_EQ(read.end, SpoolFrame::Kind::kUnused);
}

TEST(SpoolFrame, CutAtAnyByteGivesTheFramesBeforeTheCutAndNothingElse) {
  Page page(256);
  std::size_t ends[4] = {0};
  const std::string payloads[] = {"first", "the second", std::string(40, 'z')};
  for (int i = 0; i < 3; ++i) ends[i + 1] = page.add(ends[i], payloads[i]);
  const std::string whole = page.text();
  for (std::size_t cut = 0; cut <= ends[3]; ++cut) {
    const Read read = read_all(std::string_view(whole).substr(0, cut));
    // A frame's padding may be missing.
    std::size_t complete = 0;
    while (complete < 3 && cut >= ends[complete] + 8 + payloads[complete].size()) ++complete;
    ASSERT_EQ(read.payloads.size(), complete) << cut;
    for (std::size_t i = 0; i < complete; ++i) EXPECT_EQ(read.payloads[i], payloads[i]);
    const bool in_payload = complete < 3 && cut >= ends[complete] + 8;
    EXPECT_EQ(read.end, in_payload ? SpoolFrame::Kind::kTorn : SpoolFrame::Kind::kEnd) << cut;
  }
}

TEST(SpoolFrame, AnyByteThatChangedTearsItsFrame) {
  Page page(128);
  const std::size_t second = page.add(0, "untouched");
  const std::size_t end = second + 8 + 13;
  page.add(second, "thirteen byte");
  const std::string whole = page.text();
  for (std::size_t at = second; at < end; ++at) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const Read read = read_all(changed);
      EXPECT_EQ(read.payloads, std::vector<std::string>{"untouched"}) << at;
      EXPECT_EQ(read.end, SpoolFrame::Kind::kTorn) << at;
    }
  }
}

TEST(SpoolFrame, ALengthBeyondTheLongestIsTornWithoutReadingThere) {
  std::string bytes("\xff\xff\xff\xff\0\0\0\0", 8);
  EXPECT_EQ(read_spool_frame(bytes, kSeed, false).kind, SpoolFrame::Kind::kTorn);
}

TEST(SpoolFrame, AFrameOfAnotherSegmentOrOneThatAClientMadeUpIsTorn) {
  Page page(64);
  page.add(0, "forged");
  EXPECT_EQ(read_spool_frame(page.text(), kSeed + 1, true).kind, SpoolFrame::Kind::kTorn);
}

TEST(SpoolFrame, OneThatWasUnderWayWhenTheProcessWasKilledIsTheEndAndNotTorn) {
  Page page(64);
  page.add(0, "payload");
  std::string bytes = page.text();
  bytes.replace(0, 4, 4, '\0');
  EXPECT_EQ(read_spool_frame(bytes, kSeed, true).kind, SpoolFrame::Kind::kEnd);
  bytes.replace(8, 4, 4, '\0');
  EXPECT_EQ(read_spool_frame(bytes, kSeed, true).kind, SpoolFrame::Kind::kEnd);
}

TEST(SpoolHeader, ComesBack) {
  const SpoolHeader header{1 << 20, 7, 42, 1'700'000'000'123, kSeed};
  const std::string bytes = encode_spool_header(header);
  ASSERT_EQ(bytes.size(), kSpoolHeaderBytes);
  const Result<SpoolHeader> read = decode_spool_header(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, header);
}

TEST(SpoolHeader, OneThatIsDamagedOrOfAnotherProgramIsRefused) {
  const std::string good = encode_spool_header({1 << 20, 7, 42, 1'700'000'000'123, kSeed});
  for (std::size_t at = 0; at < 44; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] + 1);
    EXPECT_FALSE(decode_spool_header(bad).ok()) << at;
  }
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_spool_header(good.substr(0, size)).ok());
}

class SpoolReaderTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& bytes) {
    const std::filesystem::path path = folder_.path() / "a.seg";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  Folder folder_;
};

TEST_F(SpoolReaderTest, ReadsThroughItsWindowWhatIsLongerThanIt) {
  std::mt19937 random(7);  // NOLINT: the same every time
  Page page(1 << 20);
  std::vector<std::string> written;
  for (std::size_t at = 0; at < (1 << 20) - spool_frame_size(kLongestSpoolPayload);) {
    written.emplace_back(1 + random() % kLongestSpoolPayload, static_cast<char>('a' + written.size() % 26));
    at = page.add(at, written.back());
  }
  const std::string bytes = encode_spool_header(kHeader) + page.text();
  Result<SpoolReader> reader = SpoolReader::open(write(bytes));
  ASSERT_TRUE(reader.ok());
  for (const std::string& expected : written) {
    const Result<SpoolFrame> frame = reader->next(bytes.size());
    ASSERT_TRUE(frame.ok() && frame->kind == SpoolFrame::Kind::kFrame);
    ASSERT_EQ(frame->payload, expected);
  }
  EXPECT_EQ(reader->next(bytes.size())->kind, SpoolFrame::Kind::kEnd);
}

TEST_F(SpoolReaderTest, WhatIsWrittenAfterTheEndWasReadIsReadNext) {
  Page page(4096);
  std::size_t at = page.add(0, "one");
  const std::filesystem::path path = write(encode_spool_header(kHeader) + page.text());
  Result<SpoolReader> reader = SpoolReader::open(path);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->next(kSpoolHeaderBytes + at)->payload, "one");
  EXPECT_EQ(reader->next(kSpoolHeaderBytes + at)->kind, SpoolFrame::Kind::kEnd);
  at = page.add(at, "two");
  write(encode_spool_header(kHeader) + page.text());
  EXPECT_EQ(reader->next(kSpoolHeaderBytes + at)->payload, "two");
  EXPECT_EQ(reader->next(kSpoolHeaderBytes + at)->kind, SpoolFrame::Kind::kEnd);
}

TEST_F(SpoolReaderTest, TheUnusedRestOfAPageIsPassedOverButNoWholePage) {
  Page page(4 * kSpoolPage);
  page.add(0, "on the first");
  page.add(kSpoolPage - kSpoolHeaderBytes, "on the second");
  page.add(3 * kSpoolPage - kSpoolHeaderBytes, "beyond the end");
  const std::string bytes = encode_spool_header(kHeader) + page.text();
  Result<SpoolReader> reader = SpoolReader::open(write(bytes));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->next(bytes.size())->payload, "on the first");
  EXPECT_EQ(reader->next(bytes.size())->payload, "on the second");
  EXPECT_EQ(reader->next(bytes.size())->kind, SpoolFrame::Kind::kEnd);
}

TEST_F(SpoolReaderTest, WhatWasUnderWayEndsTheSegmentEvenIfItReachesIntoTheNextPage) {
  Page page(2 * kSpoolPage);
  page.add(0, std::string(5000, 'x'));
  std::string bytes = encode_spool_header(kHeader) + page.text();
  bytes.replace(kSpoolHeaderBytes, 4, 4, '\0');
  Result<SpoolReader> reader = SpoolReader::open(write(bytes));
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->next(bytes.size())->kind, SpoolFrame::Kind::kEnd);
}

TEST_F(SpoolReaderTest, AFileThatWasCutUnderItIsTornOrAtItsEnd) {
  Page page(4096);
  page.add(page.add(0, "one"), "the second");
  const std::string bytes = encode_spool_header(kHeader) + page.text();
  for (std::size_t cut = kSpoolHeaderBytes; cut < kSpoolHeaderBytes + 48; ++cut) {
    Result<SpoolReader> reader = SpoolReader::open(write(bytes.substr(0, cut)));
    ASSERT_TRUE(reader.ok());
    for (int frames = 0;; ++frames) {
      const Result<SpoolFrame> frame = reader->next(bytes.size());
      ASSERT_TRUE(frame.ok());
      ASSERT_LE(frames, 2);
      if (frame->kind != SpoolFrame::Kind::kFrame) break;
    }
  }
}

TEST_F(SpoolReaderTest, WhatIsNoSegmentIsNamed) {
  const auto empty = SpoolReader::open(write(""));
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().kind, ErrorKind::kInvalid);
  const auto absent = SpoolReader::open(folder_.path() / "absent.seg");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace moongate
