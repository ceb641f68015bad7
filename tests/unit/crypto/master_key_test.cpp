#include "crypto/master_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "crypto/hash.h"
#include "crypto/secret_file.h"
#include "unit/crypto/temp_directory.h"

namespace moongate {
namespace {

TEST(MasterKey, IsMadeOnceAndReadableByItsOwnerOnly) {
  const TempDirectory directory;
  const Secret first = load_master_key(directory.path() / "data", "").value();
  EXPECT_EQ(first.reveal().size(), 32U);
  EXPECT_EQ(load_master_key(directory.path() / "data", "")->reveal(), first.reveal());
  struct stat status{};
  ASSERT_EQ(stat((directory.path() / "data/secret/master.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(MasterKey, ComesFromTheEnvironmentWhenThatNamesOne) {
  const TempDirectory directory;
  const std::string key(32, 'k');
  EXPECT_EQ(load_master_key(directory.path(), base64_encode(key))->reveal(), key);
  EXPECT_EQ(load_master_key(directory.path(), hex_encode(key))->reveal(), key);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "secret"));
}

TEST(MasterKey, OfTheWrongFormIsRefusedWithoutShowingIt) {
  const TempDirectory directory;
  for (const char* text : {"hunter2", "aHVudGVyMg==", "zz"}) {
    const Result<Secret> key = load_master_key(directory.path(), text);
    ASSERT_FALSE(key.ok());
    EXPECT_NE(key.error().message.find("openssl rand -base64 32"), std::string::npos);
    EXPECT_EQ(key.error().message.find(text), std::string::npos);
  }
  std::filesystem::create_directories(directory.path() / "secret");
  std::ofstream(directory.path() / "secret/master.key") << "";
  EXPECT_NE(load_master_key(directory.path(), "").error().message.find("master.key"), std::string::npos);
}

TEST(SecretFile, NamesTheFileAndTheReasonWhenItCannotBeWritten) {
  const TempDirectory directory;
  std::ofstream(directory.path() / "file") << "x";
  const Status written = write_secret_file(directory.path() / "file" / "below", "secret");
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message.find("file"), std::string::npos);
  EXPECT_EQ(written.error().message.find("secret"), std::string::npos);
}

TEST(SecretFile, ReplacesAFileWholeAndLeavesNothingBesideIt) {
  const TempDirectory directory;
  ASSERT_TRUE(write_secret_file(directory.path() / "a", "one").ok());
  ASSERT_TRUE(write_secret_file(directory.path() / "a", "two").ok());
  EXPECT_EQ(read_secret_file(directory.path() / "a")->reveal(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
  EXPECT_EQ(read_secret_file(directory.path() / "a", 2).error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(read_secret_file(directory.path() / "b").error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace moongate
