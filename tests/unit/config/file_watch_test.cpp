#include "config/file_watch.h"

#include <gtest/gtest.h>

#include <fcntl.h>

#include "config/file_read.h"
#include "workspace.h"

namespace moongate {
namespace {

using testing::Workspace;

class FileWatchTest : public ::testing::Test {
 protected:
  Workspace workspace_;
  FileWatch watch_;
};

TEST_F(FileWatchTest, TakesTheFirstLookAsItIsAndThenTellsEachChangeOnce) {
  watch_.add_file(workspace_.write("map.json", "one"));
  EXPECT_FALSE(watch_.changed());
  EXPECT_FALSE(watch_.changed());
  workspace_.write("map.json", "three");
  EXPECT_TRUE(watch_.changed());
  EXPECT_FALSE(watch_.changed());
}

TEST_F(FileWatchTest, SeesAChangeThatLeavesTheSizeEvenWithinOneTickOfTheClock) {
  watch_.add_file(workspace_.write("map.json", "reject 401"));
  watch_.changed();
  for (int i = 0; i < 50; ++i) {
    workspace_.write("map.json", i % 2 == 0 ? "reject 403" : "reject 401");
    EXPECT_TRUE(watch_.changed()) << i;
  }
}

TEST_F(FileWatchTest, SeesAFileRenamedOverAnother) {
  watch_.add_file(workspace_.write("map.json", "one"));
  watch_.changed();
  workspace_.write("new", "two");
  std::filesystem::rename(workspace_.path("new"), workspace_.path("map.json"));
  EXPECT_TRUE(watch_.changed());
}

TEST_F(FileWatchTest, SeesAnOldTimeStampComeBackWithOtherContent) {
  const std::string path = workspace_.write("map.json", "one");
  const timespec old[2] = {{1000000000, 0}, {1000000000, 0}};
  utimensat(AT_FDCWD, path.c_str(), old, 0);
  watch_.add_file(path);
  watch_.changed();
  workspace_.write("map.json", "two");
  utimensat(AT_FDCWD, path.c_str(), old, 0);
  EXPECT_TRUE(watch_.changed());
}

TEST_F(FileWatchTest, AFileThatComesAndGoesIsAChange) {
  watch_.add_file(workspace_.path("map.json"));
  EXPECT_FALSE(watch_.changed());
  workspace_.write("map.json", "one");
  EXPECT_TRUE(watch_.changed());
  std::filesystem::remove(workspace_.path("map.json"));
  EXPECT_TRUE(watch_.changed());
  EXPECT_FALSE(watch_.changed());
}

TEST_F(FileWatchTest, AFolderIsWatchedWithItsFoldersAndForItsSuffixAlone) {
  std::filesystem::create_directories(workspace_.path("lua/moongate/deep"));
  workspace_.write("lua/auth.lua", "1");
  watch_.add_folder(workspace_.path("lua"), ".lua");
  EXPECT_FALSE(watch_.changed());
  workspace_.write("lua/notes.txt", "1");
  workspace_.write("lua/.auth.lua", "1");
  EXPECT_FALSE(watch_.changed());
  workspace_.write("lua/moongate/deep/a.lua", "1");
  EXPECT_TRUE(watch_.changed());
  workspace_.write("lua/moongate/deep/a.lua", "2");
  EXPECT_TRUE(watch_.changed());
  std::filesystem::remove(workspace_.path("lua/auth.lua"));
  EXPECT_TRUE(watch_.changed());
  EXPECT_FALSE(watch_.changed());
}

TEST_F(FileWatchTest, AFolderThatComesLaterIsAChange) {
  watch_.add_folder(workspace_.path("lua"), ".lua");
  EXPECT_FALSE(watch_.changed());
  std::filesystem::create_directory(workspace_.path("lua"));
  workspace_.write("lua/auth.lua", "1");
  EXPECT_TRUE(watch_.changed());
}

TEST_F(FileWatchTest, WhatIsAddedLaterIsOnlyNoted) {
  EXPECT_FALSE(watch_.changed());
  watch_.add_file(workspace_.write("a", "1"));
  watch_.add_folder(workspace_.path("json"), ".json");
  workspace_.write("json/k.json", "1");
  EXPECT_FALSE(watch_.changed());
  workspace_.write("json/k.json", "2");
  EXPECT_TRUE(watch_.changed());
}

TEST_F(FileWatchTest, ALinkToAnotherFileIsFollowedAndALinkedFolderLoopIsNot) {
  workspace_.write("v1", "1");
  workspace_.write("v2", "1");
  std::filesystem::create_symlink(workspace_.path("v1"), workspace_.path("json/map.json"));
  std::filesystem::create_directory_symlink(workspace_.path("json"), workspace_.path("json/loop.json"));
  watch_.add_folder(workspace_.path("json"), ".json");
  EXPECT_FALSE(watch_.changed());
  std::filesystem::remove(workspace_.path("json/map.json"));
  std::filesystem::create_symlink(workspace_.path("v2"), workspace_.path("json/map.json"));
  EXPECT_TRUE(watch_.changed());
}

TEST(WholeFile, IsReadWithItsMode) {
  const Workspace workspace;
  const auto mine = read_whole_file(workspace.write("a", std::string("x\0y", 3)), 3);
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->text, std::string("x\0y", 3));
  EXPECT_FALSE(mine->others_may_read);
  EXPECT_TRUE(read_whole_file(workspace.write("b", "x", 0644), 3)->others_may_read);
  EXPECT_TRUE(read_whole_file(workspace.write("c", "x", 0640), 3)->others_may_read);
}

TEST(WholeFile, BeyondItsBoundOrNoFileIsRefused) {
  const Workspace workspace;
  EXPECT_EQ(read_whole_file(workspace.write("a", "1234"), 3).error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(read_whole_file(workspace.path("none"), 3).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(read_whole_file(workspace.path("a/below"), 3).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(read_whole_file(workspace.path("json"), 3).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(read_whole_file("/dev/zero", 3).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(read_whole_file(std::string("a\0b", 3), 3).error().kind, ErrorKind::kInvalid);
  // Says that it is empty, and holds more than the bound.
  EXPECT_EQ(read_whole_file("/proc/self/maps", 3).error().kind, ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace moongate
