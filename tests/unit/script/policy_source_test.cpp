#include "script/policy_source.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace moongate {
namespace {

namespace fs = std::filesystem;

class APolicyFolder : public testing::Test {
 protected:
  APolicyFolder()
      : dir_(fs::path(testing::TempDir()) / ("policy-folder-" + std::to_string(getpid())) / "rules") {
    fs::remove_all(dir_.parent_path());
    fs::create_directories(dir_);
  }
  ~APolicyFolder() override { fs::remove_all(dir_.parent_path()); }

  void put(const std::string& path, const std::string& text) {
    fs::create_directories((dir_ / path).parent_path());
    std::ofstream(dir_ / path, std::ios::binary) << text;
  }
  Result<std::shared_ptr<const PolicySource>> read() { return PolicySource::read(dir_.string()); }
  std::string error() {
    auto source = read();
    return source.ok() ? "" : source.error().message;
  }

  fs::path dir_;
};

TEST_F(APolicyFolder, IsReadWholeWithWhatLiesBelow) {
  put("auth.lua", "a");
  put("moongate/x/deep.lua", "b");
  put("notes.txt", "c");
  put(".hidden.lua", "d");
  put(".git/x.lua", "e");
  put("#auth.lua#", "f");
  auto source = read();
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(2u, (*source)->files().size());
  ASSERT_NE(nullptr, (*source)->find("moongate/x/deep.lua"));
  EXPECT_EQ("b", *(*source)->find("moongate/x/deep.lua"));
  EXPECT_EQ(nullptr, (*source)->find("../auth.lua"));
  EXPECT_EQ("rules/auth.lua", (*source)->shown("auth.lua"));
}

TEST_F(APolicyFolder, HasAFingerprintOfItsTexts) {
  put("auth.lua", "a");
  const std::string first = (*read())->fingerprint();
  EXPECT_EQ(first, (*read())->fingerprint());
  put("auth.lua", "b");
  EXPECT_NE(first, (*read())->fingerprint());
  put("auth.lua", "a");
  put("b.lua", "");
  EXPECT_NE(first, (*read())->fingerprint());
}

TEST_F(APolicyFolder, FollowsLinksToFilesAsKubernetesMakesThem) {
  put("..data/auth.lua", "a");
  fs::create_symlink("..data/auth.lua", dir_ / "auth.lua");
  EXPECT_EQ(1u, (*read())->files().size());
}

TEST_F(APolicyFolder, ThatIsNotThereSaysWhatItShouldHold) {
  auto source = PolicySource::read((dir_ / "none").string());
  ASSERT_FALSE(source.ok());
  EXPECT_NE(source.error().message.find("is not a folder; it has to hold auth.lua, route.lua"),
            std::string::npos);
}

TEST_F(APolicyFolder, IsBounded) {
  put("auth.lua", std::string(PolicySource::kMaxFileBytes + 1, ' '));
  EXPECT_EQ("rules/auth.lua: larger than 1 MiB", error());
  put("auth.lua", std::string(PolicySource::kMaxFileBytes, ' '));
  EXPECT_EQ("", error());
  for (std::size_t i = 0; i < PolicySource::kMaxFiles; ++i) put("many/" + std::to_string(i) + ".lua", "");
  EXPECT_NE(error().find("more than 512 Lua files"), std::string::npos) << error();
}

TEST_F(APolicyFolder, NamesAFileThatCannotBeRead) {
  put("auth.lua", "a");
  fs::create_symlink("nowhere", dir_ / "route.lua");
  EXPECT_EQ(1u, (*read())->files().size());
  fs::permissions(dir_ / "auth.lua", fs::perms::none);
  if (access((dir_ / "auth.lua").c_str(), R_OK) != 0) {  // root reads everything
    EXPECT_EQ("rules/auth.lua: cannot be read; check its permissions", error());
  }
}

}  // namespace
}  // namespace moongate
