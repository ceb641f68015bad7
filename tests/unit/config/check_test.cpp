#include "config/check.h"

#include <gtest/gtest.h>

#include "workspace.h"

namespace moongate {
namespace {

using testing::Workspace;

class CheckTest : public ::testing::Test {
 protected:
  CheckTest() {
    std::filesystem::create_directory(workspace_.path("lua"));
    workspace_.write("map-config.json", R"({"clients": [{"client_token": "token-aaaa"}]})");
  }
  CheckReport check(const std::string& more = "", std::vector<std::string> sets = {}) {
    sources_.file = workspace_.write("moongate.yaml", "map: {file: \"" + workspace_.path("map-config.json") +
                                                          "\", credentials_dir: \"" + workspace_.path("json") +
                                                          "\"}\npolicy: {dir: \"" + workspace_.path("lua") + "\"}\n" + more);
    sources_.sets = std::move(sets);
    return check_configuration(sources_, {});
  }
  std::string text(const CheckReport& report) { return workspace_.without_folder(format_problems(report.problems)); }

  Workspace workspace_;
  SettingsSources sources_;
};

TEST_F(CheckTest, FindsNothingWhereNothingIsWrong) {
  const CheckReport report = check();
  EXPECT_EQ(text(report), "");
  EXPECT_EQ(report.exit_status(), 0);
  EXPECT_NE(report.map, nullptr);
}

TEST_F(CheckTest, WarningsAloneAreNoFailure) {
  workspace_.write("json/spare.json", "{}");
  workspace_.write("map-config.json", R"({"clients": [], "key_filename_gemini": []})", 0644);
  const CheckReport report = check();
  EXPECT_EQ(text(report),
            "warning: map-config.json: can be read by other users of this machine, and holds tokens; run: chmod 600 "
            "map-config.json\n"
            "warning: json/spare.json: is no account's key file in map-config.json, so it is not used; list it in "
            "key_filename_gemini or key_filename_claude\n");
  EXPECT_EQ(report.exit_status(), 0);
}

TEST_F(CheckTest, NamesEveryProblemOfSettingsMapAndKeyFilesErrorsFirst) {
  workspace_.write("json/k.json", "{\n  \"type\": \"gemini_api_key\"\n}\n");
  workspace_.write("map-config.json", "{\"clients\": [{\"client_token\": \"\", \"x\": 1}],\n \"key_filename_gemini\": "
                                      "[{\"key_filename\": \"k.json\"}]}");
  const CheckReport report = check("workers: 999\n", {"tls.key=" + workspace_.path("gone.pem"), "tls.certificate=/dev/null"});
  EXPECT_EQ(text(report),
            "error: moongate.yaml:3:10: workers: \"999\" is not allowed here; it must be a whole number from 0 to 256\n"
            "error: /dev/null: tls.certificate: is not a regular file\n"
            "error: gone.pem: tls.key: does not exist\n"
            "error: json/k.json:1:1: $: has no \"api_key\"; put the provider's API key there, or ${NAME} for one in the "
            "environment\n"
            "error: map-config.json:1:31: $.clients[0].client_token: is empty; write the text that the client presents\n"
            "warning: map-config.json:1:35: $.clients[0].x: unknown key, ignored; the nearest known one is name\n");
  EXPECT_EQ(report.exit_status(), 1);
  EXPECT_EQ(report.map, nullptr);
}

TEST_F(CheckTest, AMissingMapIsOneProblemThatSaysWhatToDo) {
  std::filesystem::remove(workspace_.path("map-config.json"));
  EXPECT_EQ(text(check()),
            "error: map-config.json: the map does not exist; copy data/map/map-config.example.json there, or set map.file\n");
}

TEST_F(CheckTest, AMissingPolicyFolderIsSaid) {
  std::filesystem::remove_all(workspace_.path("lua"));
  EXPECT_EQ(text(check()), "error: lua: policy.dir: is not a folder; it must hold auth.lua and the others\n");
}

}  // namespace
}  // namespace moongate
