#include <gtest/gtest.h>

#include "config/check.h"
#include "config/map.h"
#include "workspace.h"

namespace moongate {
namespace {

using testing::load;
using testing::Loaded;
using testing::Workspace;

constexpr const char* kNobody = R"({"clients": []})";

TEST(AmbientCredentials, OfTheEnvironmentServeEveryModelAfterTheMapsOwn) {
  const Workspace workspace;
  workspace.write_key_files();
  AmbientCredentials ambient;
  ambient.anthropic_api_key = "anthropic-from-environment";
  ambient.gemini_api_key = "gemini-from-environment";
  ambient.google_application_credentials = workspace.write("elsewhere.json", testing::service_account_json());
  const Loaded loaded = load(workspace, R"({"clients": [], "key_filename_claude":
    [{"key_filename": "anthropic.json", "models": [{"model": "claude-*"}]}]})", ambient);
  ASSERT_NE(loaded.map, nullptr) << format_problems(loaded.problems);
  std::vector<std::string> names;
  for (const auto& account : loaded.map->accounts) names.push_back(account->name + " " + std::string(to_string(account->provider)));
  EXPECT_EQ(names, (std::vector<std::string>{"anthropic.json anthropic", "env:ANTHROPIC_API_KEY anthropic",
                                             "env:GEMINI_API_KEY gemini", "env:GOOGLE_APPLICATION_CREDENTIALS vertex",
                                             "env:GOOGLE_APPLICATION_CREDENTIALS vertex-claude"}));
  const Account* key = loaded.map->find_account("env:ANTHROPIC_API_KEY", Provider::kAnthropic);
  EXPECT_EQ(key->credential->api_key.reveal(), "anthropic-from-environment");
  EXPECT_FALSE(key->credential->simulated);
  ASSERT_NE(key->rule_for("claude-anything"), nullptr);
  EXPECT_FALSE(key->rule_for("claude-anything")->endpoint);
}

TEST(AmbientCredentials, MayBeNamedByAClient) {
  const Workspace workspace;
  AmbientCredentials ambient;
  ambient.gemini_api_key = "gemini-from-environment";
  const Loaded loaded = load(workspace, R"({"clients": [{"client_token": "token-aaaa",
    "key_filename_gemini": [{"key_filename": "env:GEMINI_API_KEY"}]}]})", ambient);
  EXPECT_EQ(format_problems(loaded.problems), "");
}

TEST(AmbientCredentials, ThatAreBrokenAreSaidWithoutShowingThem) {
  const Workspace workspace;
  AmbientCredentials ambient;
  ambient.anthropic_api_key = "secret with spaces";
  ambient.gemini_api_key = "secret\n";
  ambient.google_application_credentials = workspace.path("gone.json");
  const Loaded loaded = load(workspace, kNobody, ambient);
  EXPECT_EQ(loaded.map, nullptr);
  EXPECT_EQ(workspace.without_folder(format_problems(loaded.problems)),
            "error: environment: ANTHROPIC_API_KEY: has a space, a line break or a byte beyond ASCII in it, which no API "
            "key has\n"
            "error: environment: GEMINI_API_KEY: has a space, a line break or a byte beyond ASCII in it, which no API key "
            "has\n"
            "error: environment: GOOGLE_APPLICATION_CREDENTIALS: the key file gone.json does not exist; correct or unset "
            "the variable\n");
}

TEST(AmbientCredentials, OfGoogleMustBeAServiceAccounts) {
  const Workspace workspace;
  AmbientCredentials ambient;
  ambient.google_application_credentials = workspace.write("k.json", R"({"type": "gemini_api_key", "api_key": "x"})");
  const Loaded loaded = load(workspace, kNobody, ambient);
  EXPECT_EQ(loaded.map, nullptr);
  EXPECT_EQ(workspace.without_folder(format_problems(loaded.problems)),
            "error: environment: GOOGLE_APPLICATION_CREDENTIALS: the key file k.json is not a Google service account's\n");
}

AmbientCredentials with_simulator() {
  AmbientCredentials ambient;
  ambient.simulator = Endpoint{"127.0.0.1", 4010, false, ""};
  ambient.simulator_private_key_pem = "-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n";
  return ambient;
}

TEST(SimulatorAccounts, StandInForEveryProviderThatHasNone) {
  const Workspace workspace;
  const Loaded loaded = load(workspace, kNobody, with_simulator());
  ASSERT_NE(loaded.map, nullptr);
  ASSERT_EQ(loaded.map->accounts.size(), 4U);
  const std::pair<const char*, Provider> expected[] = {{"simulator-anthropic", Provider::kAnthropic},
                                                       {"simulator-gemini", Provider::kGemini},
                                                       {"simulator-vertex", Provider::kVertex},
                                                       {"simulator-vertex-claude", Provider::kVertexClaude}};
  for (const auto& [name, provider] : expected) {
    const Account* account = loaded.map->find_account(name, provider);
    ASSERT_NE(account, nullptr) << name;
    EXPECT_TRUE(account->credential->simulated);
    ASSERT_NE(account->rule_for("any-model"), nullptr);
    EXPECT_EQ(account->rule_for("any-model")->endpoint, (Endpoint{"127.0.0.1", 4010, false, ""}));
    EXPECT_EQ(account->credential->base_url, (Endpoint{"127.0.0.1", 4010, false, ""}));
  }
  const Account* vertex = loaded.map->find_account("simulator-vertex", Provider::kVertex);
  EXPECT_EQ(vertex->credential, loaded.map->find_account("simulator-vertex-claude", Provider::kVertexClaude)->credential);
  EXPECT_EQ(vertex->credential->project_id, "simulated-project");
  EXPECT_EQ(vertex->credential->client_email, "simulator@simulated-project.iam.gserviceaccount.com");
  EXPECT_EQ(vertex->credential->token_uri, "http://127.0.0.1:4010/token");
  EXPECT_EQ(vertex->credential->private_key_pem.reveal(), with_simulator().simulator_private_key_pem);
}

TEST(SimulatorAccounts, GiveWayToARealCredentialProviderByProvider) {
  const Workspace workspace;
  AmbientCredentials ambient = with_simulator();
  ambient.anthropic_api_key = "real-key";
  workspace.write("json/vertex.json", testing::service_account_json());
  const Loaded loaded = load(workspace, R"({"clients": [], "key_filename_gemini":
    [{"key_filename": "vertex.json", "models": [{"model": "gemini-2.5-pro"}]}]})", ambient);
  ASSERT_NE(loaded.map, nullptr);
  std::vector<std::string> names;
  for (const auto& account : loaded.map->accounts) names.push_back(account->name);
  EXPECT_EQ(names, (std::vector<std::string>{"vertex.json", "env:ANTHROPIC_API_KEY", "simulator-gemini", "simulator-vertex-claude"}));
}

}  // namespace
}  // namespace moongate
