// docs/policy.md: every example runs, every recipe works as pasted, and nothing that exists is left out.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "policy_run.h"
#include "script/handles.h"
#include "script/policy_test.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

struct Block {
  std::string heading;
  int line = 0;      // of its first line in the document
  std::string file;  // "auth.lua": a whole file
  std::string hook;  // "filters.event": the body of that hook
  std::string text;
};

const std::string& document() {
  static const std::string text = [] {
    std::ifstream in(MOONGATE_SOURCE_DIR "/docs/policy.md");
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  return text;
}

std::vector<Block> blocks() {
  std::vector<Block> found;
  std::istringstream in(document());
  std::string line, heading;
  bool inside = false;
  for (int number = 1; std::getline(in, line); ++number) {
    if (!inside && line.starts_with("#")) heading = line.substr(line.find(' ') + 1);
    if (!inside && line == "```lua") {
      inside = true;
      found.push_back({heading, number + 1, {}, {}, {}});
      continue;
    }
    if (!inside) continue;
    if (line == "```") {
      inside = false;
      continue;
    }
    Block& block = found.back();
    if (block.text.empty() && line.starts_with("-- lua/")) block.file = line.substr(7);
    if (block.text.empty() && line.starts_with("-- in ")) block.hook = line.substr(6);
    block.text += line + "\n";
  }
  return found;
}

Block recipe(const std::string& heading) {
  for (const Block& block : blocks()) {
    if (block.heading == heading) return block;
  }
  ADD_FAILURE() << "no recipe '" << heading << "'";
  return {};
}

// `expression --> value` becomes a check.
std::string with_checks(const Block& block) {
  std::istringstream in(block.text);
  std::string line, out;
  for (int number = block.line; std::getline(in, line); ++number) {
    const std::size_t arrow = line.find(" --> ");
    if (arrow == std::string::npos) {
      out += line + "\n";
    } else {
      out += "check(" + std::to_string(number) + ", [==[" + line.substr(arrow + 5) + "]==], " +
             line.substr(0, arrow) + ")\n";
    }
  }
  return out;
}

constexpr const char* kCheck = R"lua(
local function check(line, expected, ...)
  local values = {}
  for i = 1, select('#', ...) do values[i] = tostring((select(i, ...))) end
  local got = table.concat(values, ' ')
  if got ~= expected and got:sub(1, #expected + 1) ~= expected .. ' ' then
    error('docs/policy.md:' .. line .. ': the page says ' .. expected .. ', and it gives ' .. got, 0)
  end
end
)lua";

class ThePolicyDocument : public PolicyRun {
 protected:
  ThePolicyDocument() {
    bench.set_accounts({{.name = "main.json"},
                        {.name = "second.json"},
                        {.name = "cloud.json",
                         .provider = Provider::kVertex,
                         .kind = CredentialKind::kGoogleServiceAccount}});
    client("key", "one");
    bench.on_fetch = [](const FetchRequest&) -> Result<FetchResponse> {
      return FetchResponse{200, {}, R"({"client":"bob"})"};
    };
  }

  void client(const std::string& credential, const std::string& name) {
    auto identity = std::make_shared<Identity>();
    identity->client = name;
    identity->kind = "static";
    bench.set_client(credential, identity);
  }

  // The policy in lua/ with this file in the place of its own.
  void paste(const Block& block) {
    auto real = PolicySource::read(MOONGATE_SOURCE_DIR "/lua");
    ASSERT_TRUE(real.ok());
    PolicyFiles files = (*real)->files();
    files[block.file] = block.text;
    if (exchange && phases) phases->forget(*exchange);
    exchange.reset();
    auto loaded = LuaPhases::load(PolicySource::of(std::move(files)), {}, watched.get(), bench);
    ASSERT_TRUE(loaded.ok()) << "docs/policy.md:" << block.line << ": " << loaded.error().describe();
    phases = std::move(loaded).value();
  }

  std::string first_account(const std::string& model, const std::string& key = "key") {
    fresh({.headers = {{"x-api-key", key}}, .body = "{\"model\":\"" + model + "\"}"});
    EXPECT_TRUE(run(Phase::kAuthenticate));
    EXPECT_TRUE(run(Phase::kSelect));
    if (exchange->routes.empty()) return "rejected " + std::to_string(status());
    return exchange->routes[0].account->name;
  }
};

TEST_F(ThePolicyDocument, HasExamplesThatRunAndGiveWhatItSays) {
  int run_count = 0;
  for (const Block& block : blocks()) {
    if (!block.file.empty()) continue;
    const std::string where = block.hook.empty() ? "auth.authenticate" : block.hook;
    const std::size_t dot = where.find('.');
    const std::string ending = block.hook.empty() ? "return moon.clients.find('key')" : "";
    load(hook(where.substr(0, dot), where.substr(dot + 1),
              std::string("\n") + kCheck + with_checks(block) + ending));
    fresh({.headers = {{"x-api-key", "key"}, {"user-agent", "example/1"}}});
    if (block.hook == "privacy.response") {
      ASSERT_TRUE(exchange->respond(200, {{"content-type", "text/event-stream"}}).ok());
      EXPECT_TRUE(run(Phase::kResponsePrivacy));
    } else if (block.hook == "filters.event") {
      exchange->event =
          "event: content_block_delta\ndata: {\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n";
      EXPECT_TRUE(run(Phase::kEvent));
    } else {
      EXPECT_TRUE(run(Phase::kAuthenticate));
    }
    EXPECT_EQ(0, status()) << "docs/policy.md:" << block.line << "\n" << bench.log_text();
    if (status() != 0) break;
    ++run_count;
  }
  EXPECT_GE(run_count, 18);
}

TEST_F(ThePolicyDocument, HasWholeFilesThatLoad) {
  int loaded = 0;
  for (const Block& block : blocks()) {
    if (block.file.empty() || block.file.starts_with("spec/")) continue;
    paste(block);
    ++loaded;
  }
  EXPECT_GE(loaded, 12);
}

TEST_F(ThePolicyDocument, HasATestThatPasses) {
  const fs::path dir = fs::path(testing::TempDir()) / ("policy-doc-" + std::to_string(getpid())) / "lua";
  fs::create_directories(dir.parent_path());
  fs::copy(MOONGATE_SOURCE_DIR "/lua", dir, fs::copy_options::recursive);
  for (const Block& block : blocks()) {
    if (block.file.starts_with("spec/")) std::ofstream(dir / block.file) << block.text;
  }
  const PolicyTestReport report = report_policy_tests(dir.string(), {"example_spec.lua"});
  EXPECT_EQ(1, report.passed) << report.text;
  EXPECT_EQ(0, report.failed) << report.text;
  fs::remove_all(dir.parent_path());
}

TEST_F(ThePolicyDocument, NamesEveryHook) {
  for (const HookRow& row : hook_table()) {
    const std::string file = std::string(row.required ? "`lua/" : "`") + row.file + ".lua`";
    EXPECT_NE(document().find(file), std::string::npos) << file;
    EXPECT_NE(document().find(std::string("`") + row.function + "("), std::string::npos) << row.name;
  }
}

// The functions of `moon` as "moon.cache.get", the methods of handles as "request:header".
std::vector<std::string> everything_offered(lua_State* L) {
  std::vector<std::string> all;
  // Of a read-only view or a handle: what its metatable's __index holds.
  auto names_in_metatable = [&] {
    std::vector<std::string> names;
    lua_getfield(L, -1, "__index");
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
      names.emplace_back(lua_tostring(L, -2));
      lua_pop(L, 1);
    }
    lua_pop(L, 2);
    return names;
  };
  lua_getglobal(L, "moon");
  lua_getmetatable(L, -1);
  for (const std::string& name : names_in_metatable()) {
    lua_getfield(L, -1, name.c_str());
    if (lua_istable(L, -1)) {
      lua_getmetatable(L, -1);
      for (const std::string& function : names_in_metatable()) all.push_back("moon." + name + "." + function);
    } else {
      all.push_back("moon." + name);
    }
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  const std::pair<HandleKind, std::string> kinds[] = {
      {HandleKind::kRequest, "request:"}, {HandleKind::kResponse, "response:"},
      {HandleKind::kEvent, "event:"},     {HandleKind::kIdentity, "identity:"},
      {HandleKind::kAccount, "account:"}, {HandleKind::kSecret, "secret:"},
      {HandleKind::kDict, "dict:"},       {HandleKind::kMetric, ":"}};
  for (const auto& [kind, prefix] : kinds) {
    push_metatable(L, kind);
    for (const std::string& method : names_in_metatable()) all.push_back(prefix + method);
  }
  return all;
}

TEST_F(ThePolicyDocument, NamesEveryFunctionAndMethod) {
  load({});
  const auto all = everything_offered(phases->vm().main());
  EXPECT_GE(all.size(), 90u);
  for (const std::string& name : all) {
    const bool value = name == "moon.json.null" || name.starts_with("moon.log.");
    EXPECT_NE(document().find(name + (value ? "" : "(")), std::string::npos) << name;
  }
}

TEST_F(ThePolicyDocument, AgreesWithTheTypesForEditors) {
  load({});
  std::ifstream in(MOONGATE_SOURCE_DIR "/lua/moongate/types.lua");
  const std::string types(std::istreambuf_iterator<char>(in), {});
  for (const std::string& name : everything_offered(phases->vm().main())) {
    const std::string last = name.substr(name.find_last_of(".:") + 1);
    EXPECT_NE(types.find("---@field " + last + " "), std::string::npos) << name;
  }
}

TEST_F(ThePolicyDocument, RoutesByModelPrefixAsPasted) {
  bench.set_accounts({{.name = "direct.json"},
                      {.name = "cloud.json",
                       .provider = Provider::kVertexClaude,
                       .kind = CredentialKind::kGoogleServiceAccount}});
  paste(recipe("Route by the beginning of the model's name"));
  EXPECT_EQ("direct.json", first_account("claude-opus-4-6"));
  EXPECT_EQ(1u, exchange->routes.size());
  EXPECT_EQ("cloud.json", first_account("claude-haiku-4-5"));
  EXPECT_EQ(2u, exchange->routes.size());
  EXPECT_EQ("direct.json", first_account("claude-sonnet-4-5"));
}

TEST_F(ThePolicyDocument, SplitsNinetyToTenAsPasted) {
  paste(recipe("Split 90/10 between two accounts"));
  std::map<std::string, int> turns;
  for (int i = 0; i < 100; ++i) {
    ++turns[first_account("claude-sonnet-4-5")];
    EXPECT_EQ(2u, exchange->routes.size());
    EXPECT_NE(exchange->routes[0].account, exchange->routes[1].account);
  }
  EXPECT_EQ(90, turns["main.json"]);
  EXPECT_EQ(10, turns["second.json"]);
}

TEST_F(ThePolicyDocument, BlocksAModelForOneClientAsPasted) {
  client("intern's key", "intern");
  paste(recipe("Block a model for one client"));
  EXPECT_EQ("main.json", first_account("claude-opus-4-6"));
  EXPECT_EQ("rejected 403", first_account("claude-opus-4-6", "intern's key"));
  EXPECT_EQ("The model claude-opus-4-6 is not for intern.", exchange->rejection.message);
  EXPECT_EQ("main.json", first_account("claude-haiku-4-5", "intern's key"));
}

TEST_F(ThePolicyDocument, AsksAnOutsideServiceOnceAMinuteAsPasted) {
  bench.on_fetch = [](const FetchRequest& request) -> Result<FetchResponse> {
    if (request.body == R"({"token":"good"})") return FetchResponse{200, {}, R"({"client":"bob"})"};
    if (request.body == R"({"token":"broken"})") return FetchResponse{500, {}, ""};
    return FetchResponse{403, {}, ""};
  };
  paste(recipe("Authenticate against an outside HTTP service"));
  auto ask = [&](const std::string& credential) {
    fresh({.headers = {{"x-api-key", credential}}});
    EXPECT_TRUE(run(Phase::kAuthenticate));
    return exchange->identity ? exchange->identity->client : std::to_string(status());
  };
  EXPECT_EQ("bob", ask("good"));
  EXPECT_EQ("bob", ask("good"));
  EXPECT_EQ(1u, bench.fetches.size());
  EXPECT_EQ("401", ask("bad"));
  EXPECT_EQ("401", ask("bad"));
  EXPECT_EQ(2u, bench.fetches.size());
  EXPECT_EQ("503", ask("broken"));
  EXPECT_EQ("503", ask("broken"));
  EXPECT_EQ(4u, bench.fetches.size());
  bench.manual_clock.advance_ms(61'000);
  bench.reactor.turn(0);
  EXPECT_EQ("bob", ask("good"));
  EXPECT_EQ(5u, bench.fetches.size());
  bench.on_fetch = nullptr;
  EXPECT_EQ("bob", ask("good"));
  EXPECT_EQ("503", ask("other"));
}

TEST_F(ThePolicyDocument, RewritesAResponseEventAsPasted) {
  paste(recipe("Rewrite a response event"));
  fresh();
  exchange->event =
      "event: content_block_delta\r\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
      "\"text_delta\",\"text\":\"see TICKET-42\"}}\r\n\r\n";
  EXPECT_TRUE(run(Phase::kEvent));
  EXPECT_EQ(0, status()) << bench.log_text();
  EXPECT_EQ(
      "event: content_block_delta\r\ndata: {\"delta\":{\"text\":\"see "
      "https://tickets.example/42\",\"type\":\"text_delta\"},"
      "\"index\":0,\"type\":\"content_block_delta\"}\r\n\r\n",
      exchange->event);
  exchange->event = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
  EXPECT_TRUE(run(Phase::kEvent));
  EXPECT_EQ("event: ping\ndata: {\"type\": \"ping\"}\n\n", exchange->event);
}

}  // namespace
}  // namespace moongate
