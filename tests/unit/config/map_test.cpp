#include "config/map.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/check.h"
#include "workspace.h"

namespace moongate {
namespace {

using testing::load;
using testing::Loaded;
using testing::Workspace;

class MapTest : public ::testing::Test {
 protected:
  MapTest() { workspace_.write_key_files(); }

  // The map, which must be without any problem.
  std::shared_ptr<const MapConfig> good(const std::string& text, const AmbientCredentials& ambient = {},
                                        std::map<std::string, std::string> environment = {}) {
    Loaded loaded = load(workspace_, text, ambient, std::move(environment));
    EXPECT_EQ(format_problems(loaded.problems), "");
    EXPECT_NE(loaded.map, nullptr);
    return loaded.map;
  }
  // The rules of one Vertex account.
  std::vector<ModelRule> vertex_rules(const std::string& models) {
    const auto map = good(R"({"clients": [], "key_filename_gemini": [{"key_filename": "vertex.json", "models": [)" + models + "]}]}");
    return map->find_account("vertex.json", Provider::kVertex)->models;
  }

  Workspace workspace_;
};

TEST_F(MapTest, TakesClientsAsTheyAreWritten) {
  const auto map = good(R"({
    "clients": [
      { "client_token": "gemini-client-key-aaaa", "enable": false, "service_type": "google",
        "key_filename_gemini": [ { "key_filename": "vertex.json", "key_weight": 2 }, { "key_filename": "gemini.json" } ],
        "key_filename_claude": [],
        "limits": { "requests_per_minute": 60, "tokens_per_minute": 100000, "tokens_per_day": 1000000, "concurrent": 8 } },
      { "client_token": "${TEAM}-bbbb", "name": "team.2", "service_type": "anthropic" },
      { "client_token": "token-cccc" }
    ],
    "key_filename_gemini": [
      { "key_filename": "vertex.json", "models": [ { "model": "gemini-*" } ], "limits": { "concurrent": 3 } },
      { "key_filename": "gemini.json", "models": [ { "model": "*" } ] } ] })",
                        {}, {{"TEAM", "team-two"}});
  ASSERT_EQ(map->clients.size(), 3U);
  const Client& first = map->clients[0];
  EXPECT_FALSE(first.enabled);
  EXPECT_EQ(first.service_type, ServiceType::kGoogle);
  EXPECT_EQ(first.id, "map:ac3961538770");
  EXPECT_EQ(first.gemini_accounts->size(), 2U);
  EXPECT_EQ(first.gemini_accounts->at(0).name, "vertex.json");
  EXPECT_EQ(first.gemini_accounts->at(0).weight, 2);
  EXPECT_EQ(first.gemini_accounts->at(1).weight, 1);
  EXPECT_TRUE(first.claude_accounts.has_value());
  EXPECT_TRUE(first.claude_accounts->empty());
  EXPECT_EQ(first.terms.limits.requests_per_minute, 60);
  EXPECT_EQ(first.terms.limits.tokens_per_minute, 100000);
  EXPECT_EQ(first.terms.limits.tokens_per_day, 1000000);
  EXPECT_EQ(first.terms.limits.concurrent, 8);
  EXPECT_EQ(map->clients[1].id, "team.2");
  EXPECT_EQ(map->clients[1].token.reveal(), "team-two-bbbb");
  EXPECT_EQ(map->clients[1].service_type, ServiceType::kAnthropic);
  EXPECT_EQ(map->clients[2].service_type, ServiceType::kAny);
  EXPECT_TRUE(map->clients[2].enabled);
  EXPECT_FALSE(map->clients[2].gemini_accounts.has_value());
  EXPECT_EQ(map->find_account("vertex.json", Provider::kVertex)->limits.concurrent, 3);
}

TEST_F(MapTest, OneGoogleFileServesGeminiAndClaudeWithOneCredential) {
  const auto map = good(R"({ "clients": [],
    "key_filename_gemini": [ { "key_filename": "vertex.json", "models": [ { "model": "gemini-*" } ] },
                             { "key_filename": "gemini.json", "models": [ { "model": "*" } ] } ],
    "key_filename_claude": [ { "key_filename": "vertex.json", "models": [ { "model": "claude-*" } ] },
                             { "key_filename": "anthropic.json", "models": [ { "model": "*" } ] } ] })");
  const Account* gemini = map->find_account("vertex.json", Provider::kVertex);
  const Account* claude = map->find_account("vertex.json", Provider::kVertexClaude);
  ASSERT_NE(gemini, nullptr);
  ASSERT_NE(claude, nullptr);
  EXPECT_EQ(gemini->credential, claude->credential);
  EXPECT_EQ(gemini->credential->project_id, "acme-prod");
  EXPECT_EQ(gemini->credential->client_email, "bot@acme-prod.iam.gserviceaccount.com");
  EXPECT_EQ(gemini->credential->private_key_id, "k1");
  EXPECT_EQ(gemini->credential->token_uri, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(gemini->credential->private_key_pem.reveal(),
            "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n");
  EXPECT_EQ(map->find_account("gemini.json", Provider::kGemini)->credential->api_key.reveal(), "gemini-secret-1");
  EXPECT_EQ(map->find_account("anthropic.json", Provider::kAnthropic)->credential->api_key.reveal(), "anthropic-secret-1");
  EXPECT_EQ(map->find_account("anthropic.json", Provider::kGemini), nullptr);
}

TEST_F(MapTest, AnExactModelBeatsTheLongestWildcardBeatsAShorterOne) {
  Account account;
  for (const auto& [model, wildcard] : {std::pair{"", true}, {"claude-", true}, {"claude-sonnet-", true}, {"claude-sonnet-4-5", false}}) {
    ModelRule rule;
    rule.model = model;
    rule.wildcard = wildcard;
    account.models.push_back(rule);
  }
  EXPECT_EQ(account.rule_for("claude-sonnet-4-5"), &account.models[3]);
  EXPECT_EQ(account.rule_for("claude-sonnet-4-6"), &account.models[2]);
  EXPECT_EQ(account.rule_for("claude-opus"), &account.models[1]);
  EXPECT_EQ(account.rule_for("gpt"), &account.models[0]);
  account.models.erase(account.models.begin());
  EXPECT_EQ(account.rule_for("gpt"), nullptr);
  EXPECT_EQ(account.rule_for("Claude-sonnet-4-5"), nullptr);
}

TEST_F(MapTest, ADomainSaysItsLocation) {
  const auto rules = vertex_rules(R"({"model": "a", "domain": "aiplatform.googleapis.com"},
    {"model": "b", "domain": "us-central1-aiplatform.googleapis.com"},
    {"model": "c", "domain": "aiplatform.eu.rep.googleapis.com"},
    {"model": "d", "domain": "http://127.0.0.1:9000"},
    {"model": "e", "domain": "us-central1-aiplatform.googleapis.com.example.com"},
    {"model": "f", "location": "europe-west4"},
    {"model": "g", "domain": "proxy.example.com", "location": "us-east5"},
    {"model": "h"})");
  const std::vector<std::string> expected = {"global", "us-central1", "eu", "", "", "europe-west4", "us-east5", ""};
  ASSERT_EQ(rules.size(), expected.size());
  for (std::size_t i = 0; i < rules.size(); ++i) EXPECT_EQ(rules[i].location, expected[i]) << rules[i].model;
  EXPECT_EQ(rules[3].endpoint, (Endpoint{"127.0.0.1", 9000, false, ""}));
  EXPECT_FALSE(rules[5].endpoint);
}

TEST_F(MapTest, AModelMayHaveAnotherNameUpstreamAndAStarAtItsEnd) {
  const auto rules = vertex_rules(R"({"model": "fast*", "upstream_model": "gemini-2.5-flash@001"}, {"model": "*"})");
  EXPECT_EQ(rules[0].model, "fast");
  EXPECT_TRUE(rules[0].wildcard);
  EXPECT_EQ(rules[0].upstream_model, "gemini-2.5-flash@001");
  EXPECT_EQ(rules[1].model, "");
  EXPECT_TRUE(rules[1].wildcard);
}

TEST_F(MapTest, ABaseUrlHoldsForModelsWithoutADomain) {
  workspace_.write("json/compatible.json",
                   R"({"type": "anthropic_api_key", "api_key": "k", "base_url": "https://llm.example.com/anthropic"})");
  const auto map = good(R"({"clients": [], "key_filename_claude": [{"key_filename": "compatible.json", "models": [
    {"model": "a"}, {"model": "b", "domain": "other.example.com"}]}]})");
  const Account& account = *map->find_account("compatible.json", Provider::kAnthropic);
  EXPECT_EQ(account.models[0].endpoint, (Endpoint{"llm.example.com", 443, true, "/anthropic"}));
  EXPECT_EQ(account.models[1].endpoint, (Endpoint{"other.example.com", 443, true, ""}));
}

TEST_F(MapTest, WithoutListsEachKeyFileIsAnAccountForEveryModel) {
  workspace_.write("json/README.md", "not a key");
  workspace_.write("json/.hidden.json", "not a key");
  const auto map = good(demo_map("demo-token-0123456789"));
  ASSERT_EQ(map->accounts.size(), 4U);
  for (const Provider provider : {Provider::kVertex, Provider::kVertexClaude}) {
    ASSERT_NE(map->find_account("vertex.json", provider), nullptr);
    EXPECT_NE(map->find_account("vertex.json", provider)->rule_for("anything"), nullptr);
  }
  EXPECT_NE(map->find_account("gemini.json", Provider::kGemini), nullptr);
  EXPECT_NE(map->find_account("anthropic.json", Provider::kAnthropic), nullptr);
}

TEST_F(MapTest, WithOneListTheFolderIsNotTaken) {
  EXPECT_TRUE(good(R"({"clients": [], "key_filename_gemini": []})")->accounts.empty());
}

TEST_F(MapTest, TheDemoMapHasOneClientAndNoAccounts) {
  const Workspace empty;
  const Loaded loaded = load(empty, demo_map("demo-token-0123456789"));
  EXPECT_EQ(format_problems(loaded.problems), "");
  ASSERT_NE(loaded.map, nullptr);
  ASSERT_EQ(loaded.map->clients.size(), 1U);
  EXPECT_EQ(loaded.map->clients[0].id, "demo");
  EXPECT_EQ(loaded.map->clients[0].token.reveal(), "demo-token-0123456789");
  EXPECT_TRUE(loaded.map->clients[0].enabled);
  EXPECT_TRUE(loaded.map->accounts.empty());
}

TEST_F(MapTest, TheExampleIsAMapThatWorks) {
  std::ifstream in(std::string(MOONGATE_SOURCE_DIR) + "/data/map/map-config.example.json");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  workspace_.write("json/company-vertex-1.json", testing::service_account_json());
  workspace_.write("json/company-vertex-2.json", testing::service_account_json());
  workspace_.write("json/gemini-main.json", R"({"type": "gemini_api_key", "api_key": "g"})");
  workspace_.write("json/anthropic-main.json", R"({"type": "anthropic_api_key", "api_key": "a"})");
  const auto map = good(text, {}, {{"RESEARCH_TOKEN", "research-token-from-the-environment"}});
  EXPECT_GE(map->clients.size(), 3U);
  EXPECT_GE(map->accounts.size(), 5U);
}

TEST_F(MapTest, TheTextForTheConsoleHoldsNoToken) {
  Loaded loaded = load(workspace_, R"({
    "clients": [ { "client_token": "token-s3cr3t", "name": "a", "api_key": "s3cr3t-misplaced", "_note": ["s3cr3t"] },
                 { "client_token": "x-s3cr3t-\u0041-\"quoted\"" } ] })");
  ASSERT_NE(loaded.map, nullptr) << format_problems(loaded.problems);
  EXPECT_EQ(loaded.map->raw, R"({
    "clients": [ { "client_token": "***", "name": "a", "api_key": "***", "_note": "***" },
                 { "client_token": "***" } ] })");
  EXPECT_EQ(format_problems(loaded.problems).find("s3cr3t"), std::string::npos);
}

TEST_F(MapTest, TheGenerationIsTheCallers) {
  workspace_.write("map-config.json", R"({"clients": []})");
  std::vector<Problem> problems;
  EXPECT_EQ(load_map(workspace_.settings(), {}, 7, problems)->generation, 7U);
}

TEST_F(MapTest, APrivateKeyIsShownToTheHook) {
  workspace_.write("map-config.json", R"({"clients": [], "key_filename_gemini":
    [{"key_filename": "vertex.json", "models": [{"model": "*"}]}]})");
  std::vector<Problem> problems;
  MapHooks hooks;
  hooks.check_private_key = [](std::string_view pem) -> Status {
    EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    return Error(ErrorKind::kInvalid, "is not an RSA key");
  };
  EXPECT_EQ(load_map(workspace_.settings(), {}, 1, problems, hooks), nullptr);
  EXPECT_EQ(workspace_.without_folder(format_problems(problems)),
            "error: json/vertex.json:5:18: $.private_key: is not an RSA key\n");
}

TEST_F(MapTest, KeyFilesThatAreNoFilesOrTooLargeAreRefused) {
  std::filesystem::create_directory(workspace_.path("json/folder.json"));
  ASSERT_EQ(mkfifo(workspace_.path("json/pipe.json").c_str(), 0600), 0);
  workspace_.write("json/large.json", "{\"type\": \"" + std::string(1 << 20, 'x') + "\"}");
  std::filesystem::create_symlink("vertex.json", workspace_.path("json/link.json"));
  const Loaded loaded = load(workspace_, R"({"clients": [], "key_filename_gemini": [
{"key_filename": "folder.json", "models": [{"model": "*"}]},
{"key_filename": "pipe.json", "models": [{"model": "*"}]},
{"key_filename": "large.json", "models": [{"model": "*"}]},
{"key_filename": "link.json", "models": [{"model": "*"}]}]})");
  EXPECT_EQ(loaded.map, nullptr);
  EXPECT_EQ(workspace_.without_folder(format_problems(loaded.problems)),
            "error: map-config.json:2:18: $.key_filename_gemini[0].key_filename: the key file json/folder.json is not a "
            "regular file\n"
            "error: map-config.json:3:18: $.key_filename_gemini[1].key_filename: the key file json/pipe.json is not a "
            "regular file\n"
            "error: map-config.json:4:18: $.key_filename_gemini[2].key_filename: the key file json/large.json is larger "
            "than 1048576 bytes, the most that is read\n");
}

TEST_F(MapTest, AFileFullOfMistakesIsCutShortAndStillRefused) {
  std::string text = R"({"clients": [)";
  for (int i = 0; i < 2000; ++i) text += R"({"client_token": "token-)" + std::to_string(i) + R"(", "unknown": 1},)";
  text += R"({"client_token": ""}]})";
  const Loaded loaded = load(workspace_, text);
  EXPECT_EQ(loaded.map, nullptr) << "the one error is beyond what is listed, and counts";
  EXPECT_LT(loaded.problems.size(), 600U);
  EXPECT_TRUE(has_errors(loaded.problems));
}

TEST_F(MapTest, NamesEveryClientOnceEvenWhenThereAreThousands) {
  std::string text = R"({"clients": [)";
  for (int i = 0; i < 5000; ++i) text += (i ? "," : "") + std::string(R"({"client_token": "client-token-)") + std::to_string(i) + "\"}";
  EXPECT_EQ(good(text + "]}")->clients.size(), 5000U);
}

}  // namespace
}  // namespace moongate
