#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "control/policy_folder.h"
#include "unit/control/admin_fixture.h"
#include "unit/crypto/temp_directory.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

struct PolicyOfTheGateway : AdminTest {
  PolicyOfTheGateway() {
    settings.policy.dir = (folder.path() / "lua").string();
    settings.map.file = (folder.path() / "map.json").string();
    write("route.lua", "return 1\n");
    write("moongate/tables.lua", "return 2\n");
    hooks.configuration.version_box = SealedBox::derive("master", kConfigVersionPurpose);
    hooks.configuration.check_policy = [](const PolicyFiles& files) {
      std::vector<PolicyProblem> problems;
      for (const auto& [name, text] : files) {
        if (text.find("broken") != text.npos) problems.push_back({name, 7, "is broken"});
      }
      return problems;
    };
    hooks.configuration.test_policy = [](const PolicyFiles& files) -> Result<PolicyTestResult> {
      return PolicyTestResult{static_cast<int>(files.size()), 0, "all is well"};
    };
    hooks.configuration.activate_policy = [this](const PolicyFiles& files, const std::function<Status()>& put) -> Status {
      if (!refusal.empty()) return Error(ErrorKind::kInvalid, refusal);
      if (meddle) meddle();
      Status done = put();
      if (done) active = files;
      return done;
    };
    restart();
    service->keep_found_versions();
  }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((fs::path(settings.policy.dir) / name).parent_path());
    std::ofstream(fs::path(settings.policy.dir) / name, std::ios::binary) << text;
  }
  std::string file(const std::string& name) const {
    std::ifstream in(fs::path(settings.policy.dir) / name, std::ios::binary);
    return in ? std::string{std::istreambuf_iterator<char>(in), {}} : "<none>";
  }
  std::string etag() { return at(get("policy"), "etag"); }
  HttpResponse put(const Json& files, const std::string& base) {
    return send("PUT", "policy", boost::json::serialize(Json{{"files", files}, {"base", base}, {"note", "why"}}));
  }
  HttpResponse check(const Json& files) { return post("policy/check", boost::json::serialize(Json{{"files", files}})); }

  TempDirectory folder;
  PolicyFiles active;
  std::string refusal;
  std::function<void()> meddle;
};

TEST_F(PolicyOfTheGateway, IsShownFileByFile) {
  const HttpResponse answer = get("policy");
  EXPECT_EQ(at(answer, "files.0.name"), "moongate/tables.lua");
  EXPECT_EQ(at(answer, "files.1.text"), "return 1\n");
  EXPECT_EQ(at(answer, "files.1.bytes"), "9");
  EXPECT_EQ(at(answer, "active_version"), "1");
}

TEST_F(PolicyOfTheGateway, IsReplacedWhole) {
  const HttpResponse answer = put({{"route.lua", "return 3\n"}, {"new/deep.lua", "return 4\n"}, {"moongate/tables.lua", nullptr}}, etag());
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(file("route.lua"), "return 3\n");
  EXPECT_EQ(file("new/deep.lua"), "return 4\n");
  EXPECT_EQ(file("moongate/tables.lua"), "<none>");
  EXPECT_EQ(active, (PolicyFiles{{"route.lua", "return 3\n"}, {"new/deep.lua", "return 4\n"}}));
  EXPECT_EQ(at(answer, "etag"), etag());
  EXPECT_EQ(audit().front(), "admin policy.change " + settings.policy.dir);
}

TEST_F(PolicyOfTheGateway, IsNotReplacedByOneThatCannotBeLoaded) {
  const HttpResponse answer = put({{"route.lua", "broken"}}, etag());
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(at(answer, "error.problems.0.file"), "route.lua");
  EXPECT_EQ(at(answer, "error.problems.0.line"), "7");
  EXPECT_EQ(file("route.lua"), "return 1\n");
  refusal = "worker 2 has too little memory";
  const HttpResponse refused = put({{"route.lua", "return 5\n"}}, etag());
  EXPECT_EQ(refused.status, 409);
  EXPECT_SAYS(refused, refusal);
  EXPECT_EQ(file("route.lua"), "return 1\n");
}

TEST_F(PolicyOfTheGateway, IsNotReplacedWhenItHasChangedMeanwhile) {
  const std::string base = etag();
  write("route.lua", "return 9\n");
  EXPECT_EQ(put({{"route.lua", "return 5\n"}}, base).status, 409);
  EXPECT_EQ(file("route.lua"), "return 9\n");
}

TEST_F(PolicyOfTheGateway, IsAsItWasWhenOneFileChangesUnderItsHands) {
  meddle = [this] { write("route.lua", "by hand\n"); };
  EXPECT_EQ(put({{"route.lua", "return 5\n"}, {"moongate/tables.lua", "return 6\n"}}, etag()).status, 409);
  EXPECT_EQ(file("route.lua"), "by hand\n");
  EXPECT_EQ(file("moongate/tables.lua"), "return 2\n") << "what was written before is taken back";
  EXPECT_TRUE(active.empty());
}

TEST_F(PolicyOfTheGateway, GoesBackToAnOlderVersion) {
  ASSERT_EQ(put({{"route.lua", "return 3\n"}, {"extra.lua", "return 4\n"}}, etag()).status, 200);
  const HttpResponse list = get("policy/versions");
  EXPECT_EQ(at(list, "versions.0.note"), "why");
  EXPECT_EQ(at(list, "versions.0.active"), "true");
  EXPECT_EQ(at(get("policy/versions/1"), "files.1.text"), "return 1\n");
  ASSERT_EQ(post("policy/versions/1/activate", "{}").status, 200);
  EXPECT_EQ(file("route.lua"), "return 1\n");
  EXPECT_EQ(file("extra.lua"), "<none>");
  EXPECT_EQ(audit().front(), "admin policy.restore " + settings.policy.dir);
}

TEST_F(PolicyOfTheGateway, IsCheckedAndTestedWithoutTouchingAnything) {
  EXPECT_EQ(at(check({{"route.lua", "broken"}}), "problems.0.message"), "is broken");
  EXPECT_EQ(at(check({{"route.lua", "fine"}}), "valid"), "true");
  EXPECT_EQ(at(post("policy/test", R"({"files":{"spec/x_spec.lua":"test"}})"), "passed"), "3");
  EXPECT_EQ(at(post("policy/test", "{}"), "passed"), "2");
  EXPECT_EQ(file("route.lua"), "return 1\n");
}

TEST_F(PolicyOfTheGateway, TakesNoNamesThatLeadElsewhere) {
  for (const char* name : {"../route.lua", "/etc/x.lua", "a/../b.lua", "a//b.lua", ".hidden.lua", "a/.git/x.lua", "route.txt", "route.lua/", ".lua",
                           "a\\b.lua", "a\nb.lua", "sp ace.lua", "a/b/c/d/e/f/g/h/i.lua", "", "C:x.lua"}) {
    EXPECT_EQ(check({{name, "x"}}).status, 400) << name;
    EXPECT_FALSE(policy_name_fault(name).empty()) << name;
  }
  EXPECT_EQ(policy_name_fault("a/b-c/d_e.v2.lua"), "");
  EXPECT_EQ(check({{"big.lua", std::string((1u << 20) + 1, 'x')}}).status, 400);
  EXPECT_EQ(check({{"number.lua", 3}}).status, 400);
}

TEST_F(PolicyOfTheGateway, KeepsTheModeOfItsFiles) {
  ::chmod((settings.policy.dir + "/route.lua").c_str(), 0604);
  ASSERT_EQ(put({{"route.lua", "return 3\n"}}, etag()).status, 200);
  struct stat now {};
  ASSERT_EQ(::stat((settings.policy.dir + "/route.lua").c_str(), &now), 0);
  EXPECT_EQ(now.st_mode & 0777, 0604U);
}

}  // namespace
}  // namespace moongate
