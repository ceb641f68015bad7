#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/log.h"
#include "unit/crypto/temp_directory.h"

namespace moongate {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

class FileSink : public testing::Test {
 protected:
  const TempDirectory directory_;
  const std::filesystem::path path_ = directory_.path() / "error.log";
  std::unique_ptr<LineSink> open() { return open_line_sink(path_.string()).value(); }
};

TEST_F(FileSink, WritesLinesInOrder) {
  const auto sink = open();
  for (int i = 0; i < 1000; ++i) sink->append(std::to_string(i) + "\n");
  sink->flush();
  std::istringstream lines(content(path_));
  std::string line;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(std::getline(lines, line));
    ASSERT_EQ(line, std::to_string(i));
  }
  EXPECT_EQ(sink->dropped(), 0u);
}

TEST_F(FileSink, AppendsToWhatIsThereAndOthersMayNotReadIt) {
  open()->append("one\n");
  open()->append("two\n");
  EXPECT_EQ(content(path_), "one\ntwo\n") << "what was appended is written before it closes";
  struct stat status{};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007, 0u);
}

TEST_F(FileSink, LinesOfSeveralThreadsStayWhole) {
  const auto sink = open();
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'e'; ++c) {
    threads.emplace_back([&sink, c] {
      for (int i = 0; i < 200; ++i) sink->append(std::string(50, c) + "\n");
    });
  }
  for (auto& each : threads) each.join();
  sink->flush();
  std::istringstream lines(content(path_));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    ASSERT_EQ(line, std::string(50, line.empty() ? '?' : line[0]));
  }
  EXPECT_EQ(count, 800);
}

TEST_F(FileSink, GoesOnInANewFileWhenReopened) {
  const auto sink = open();
  sink->append("old\n");
  sink->flush();
  std::filesystem::rename(path_, directory_.path() / "rotated");
  sink->append("still old\n");
  sink->flush();
  sink->reopen();
  sink->append("new\n");
  sink->flush();
  EXPECT_EQ(content(directory_.path() / "rotated"), "old\nstill old\n");
  EXPECT_EQ(content(path_), "new\n");
}

TEST_F(FileSink, KeepsTheOldFileWhenTheNewCannotBeOpened) {
  const auto sink = open();
  const auto folder = path_;
  std::filesystem::rename(path_, directory_.path() / "rotated");
  std::filesystem::create_directory(folder);
  sink->reopen();
  sink->append("line\n");
  sink->flush();
  EXPECT_EQ(content(directory_.path() / "rotated"), "line\n");
}

TEST_F(FileSink, DropsAndCountsWhatItsQueueCannotHold) {
  const auto sink = open();
  sink->append(std::string((16u << 20) + 1, 'x') + "\n");
  EXPECT_EQ(sink->dropped(), 1u);
  sink->append("small\n");
  sink->flush();
  EXPECT_EQ(content(path_), "small\n");
}

TEST(LineSinks, CountWhatADiskRefuses) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const auto sink = open_line_sink("/dev/full").value();
  sink->append("line\n");
  sink->flush();
  EXPECT_EQ(sink->dropped(), 1u);
}

TEST(LineSinks, NameAFileThatCannotBeOpened) {
  const auto sink = open_line_sink("/nowhere/at/all.log");
  ASSERT_FALSE(sink);
  EXPECT_EQ(sink.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(sink.error().message.find("/nowhere/at/all.log"), std::string::npos);
}

TEST(LineSinks, OffTakesEverythingAndKeepsNothing) {
  const auto sink = open_line_sink("off").value();
  sink->append("x\n");
  sink->flush();
  sink->reopen();
  EXPECT_EQ(sink->dropped(), 0u);
}

}  // namespace
}  // namespace moongate
