// tests/cases/policy: see the README there.
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "policy_run.h"

namespace moongate {
namespace {

struct Case {
  std::string place;  // "auth.case:12"
  std::string name;
  std::vector<std::pair<std::string, std::string>>
      words;  // in order; the word and what stands behind or under it

  std::string get(const std::string& word) const {
    for (const auto& [each, text] : words) {
      if (each == word) return text;
    }
    return {};
  }
};

std::vector<Case> read_cases(const std::string& file) {
  std::ifstream in(std::string(MOONGATE_SOURCE_DIR "/tests/cases/policy/") + file);
  EXPECT_TRUE(in.good()) << file;
  std::vector<Case> cases;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with("  ") && !cases.empty()) {
      cases.back().words.back().second += line.substr(2) + "\n";
    } else if (!line.empty() && line[0] != '#') {
      const std::size_t colon = line.find(':');
      const std::string word = line.substr(0, colon);
      const std::string text = colon + 2 < line.size() ? line.substr(colon + 2) : "";
      if (word == "case") cases.push_back({file + ":" + std::to_string(number), text, {}});
      cases.back().words.emplace_back(word, text);
    }
  }
  return cases;
}

class PolicyCases : public PolicyRun {
 protected:
  PolicyCases() {
    using P = Provider;
    client("any", {});
    client("google", [](Identity& i) { i.service_type = ServiceType::kGoogle; });
    client("anthropic", [](Identity& i) { i.service_type = ServiceType::kAnthropic; });
    client("haiku", [](Identity& i) { i.models = {"claude-haiku-*"}; });
    client("studio", [](Identity& i) { i.providers = {P::kGemini}; });
  }

  // Also begins the accounts' turns anew.
  void open_accounts() {
    using P = Provider;
    const auto google = CredentialKind::kGoogleServiceAccount;
    bench.set_accounts(
        {{.name = "main.json", .models = {"claude-*"}},
         {.name = "second.json", .models = {"claude-*"}},
         {.name = "cloud.json", .provider = P::kVertexClaude, .kind = google, .models = {"claude-*"}},
         {.name = "cloud.json", .provider = P::kVertex, .kind = google, .models = {"gemini-*"}},
         {.name = "studio.json",
          .provider = P::kGemini,
          .kind = CredentialKind::kGeminiApiKey,
          .models = {"gemini-*", "gemma-3"}}});
  }

  void client(const std::string& name, const std::function<void(Identity&)>& change) {
    auto identity = std::make_shared<Identity>();
    identity->client = name;
    if (change) change(*identity);
    bench.set_client(name + "-key", identity);
  }

  PolicyFiles real_files() {
    auto real = PolicySource::read(MOONGATE_SOURCE_DIR "/lua");
    EXPECT_TRUE(real.ok());
    return (*real)->files();
  }

  std::string decide(const Case& each) {
    BenchExchange::Spec spec;
    const std::string request = each.get("request");
    spec.method = request.substr(0, request.find(' '));
    spec.target = request.substr(request.find(' ') + 1);
    spec.headers = {{"accept", "*/*"}};
    for (const auto& [word, text] : each.words) {
      if (word == "header")
        spec.headers.emplace_back(text.substr(0, text.find(':')), text.substr(text.find(':') + 2));
    }
    spec.body = each.get("body").empty() ? "{}" : each.get("body");
    fresh(spec);
    EXPECT_TRUE(run(Phase::kAuthenticate));
    if (status() == 0) EXPECT_TRUE(run(Phase::kSelect));
    if (status() != 0) {
      return "rejected " + std::to_string(status()) +
             (exchange->rejection.reason.empty() ? "" : " " + exchange->rejection.reason);
    }
    std::string decision = exchange->identity->client;
    for (const Route& route : exchange->routes) {
      decision += " " + std::string(to_string(route.provider)) + "/" + route.account->name;
    }
    exchange->route = &exchange->routes.front();
    EXPECT_TRUE(run(Phase::kMap));
    return decision;
  }

  void run_decisions(const std::string& file) {
    const PolicyFiles files = real_files();
    for (const Case& each : read_cases(file)) {
      open_accounts();
      load(files);
      EXPECT_EQ(each.get("is"), decide(each)) << each.place << ": " << each.name << "\n" << bench.log_text();
      EXPECT_NE(exchange->rejection.message.find(each.get("says")), std::string::npos)
          << each.place << ": " << exchange->rejection.message;
      if (!each.get("sends").empty()) {
        EXPECT_EQ(each.get("sends"),
                  std::string(exchange->credential.header) + ": " + exchange->credential.value.reveal())
            << each.place;
      }
    }
  }
};

TEST_F(PolicyCases, OfWhoMayComeIn) { run_decisions("auth.case"); }
TEST_F(PolicyCases, OfWhereARequestGoes) { run_decisions("route.case"); }

TEST_F(PolicyCases, OfPoliciesThatAreBroken) {
  for (const Case& each : read_cases("broken.case")) {
    PolicyFiles files = real_files();
    for (const auto& [word, text] : each.words) {
      if (word == "without") files.erase(text);
      if (word.starts_with("file ")) files[word.substr(5)] = text;
    }
    auto loaded = LuaPhases::load(PolicySource::of(std::move(files)), {}, watched.get(), bench);
    EXPECT_EQ(each.get("says"), loaded.ok() ? "" : loaded.error().describe())
        << each.place << ": " << each.name;
  }
}

}  // namespace
}  // namespace moongate
