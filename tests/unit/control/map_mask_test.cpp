#include "control/map_mask.h"

#include <gtest/gtest.h>

#include "config/json_tree.h"

namespace moongate {
namespace {

const MapMask kMask("a key of our own");

constexpr char kMap[] = R"({
  "_note": "the main gateway",
  "clients": [
    { "name": "ada",   "client_token": "a-token-of-ada-0123456789", "enable": true },
    { "name": "bob", "client_token": "a-token-of-bob-\u0041\"b", "service_type": "any" },
    { "name": "env", "client_token": "${TOKEN}" }
  ]
}
)";

std::string mask_of(const std::string& secret) {
  const std::string shown = kMask.mask(R"({"clients":[{"client_token":")" + secret + "\"}]}");
  const std::size_t begin = shown.find("***");
  return shown.substr(begin, shown.find('"', begin) - begin);
}
std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return at == text.npos ? text : text.replace(at, what.size(), by);
}

TEST(MapMask, HidesTokensAndNothingElse) {
  const std::string shown = kMask.mask(kMap);
  EXPECT_EQ(shown.find("a-token"), shown.npos);
  EXPECT_NE(shown.find("\"_note\": \"the main gateway\""), shown.npos);
  EXPECT_NE(shown.find(R"({ "name": "ada",   "client_token": "***…6789#)"), shown.npos) << shown;
  EXPECT_NE(shown.find("\"${TOKEN}\""), shown.npos) << "a variable's name is no secret";
}

TEST(MapMask, GivesBackEveryByte) { EXPECT_EQ(kMask.restore(kMask.mask(kMap), kMap).text, kMap); }

TEST(MapMask, FollowsASecretThatIsMoved) {
  const std::string shown = kMask.mask(kMap);
  const std::string moved = R"({"clients":[{"client_token":")" + mask_of("a-token-of-ada-0123456789") + R"(","name":"other"}]})";
  const auto restored = kMask.restore(moved, kMap);
  EXPECT_TRUE(restored.problems.empty());
  EXPECT_EQ(restored.text, R"({"clients":[{"client_token":"a-token-of-ada-0123456789","name":"other"}]})");
}

TEST(MapMask, RefusesAMaskThatStandsForNothing) {
  const auto restored = kMask.restore("{\"clients\": [\n  {\"client_token\": \"***…abcd#0123456789abcdef\"}]}", kMap);
  ASSERT_EQ(restored.problems.size(), 1U);
  EXPECT_EQ(restored.problems[0].line, 2);
  EXPECT_EQ(restored.problems[0].column, 20);
  EXPECT_EQ(restored.problems[0].path, "$.clients[0].client_token");
}

TEST(MapMask, IsNotUndoneWhereTheSecretWouldBeSeen) {
  const std::string mask = mask_of("a-token-of-ada-0123456789");
  for (const std::string key : {"name", "user", "_note"}) {
    const auto restored = kMask.restore("{\"clients\": [{\"" + key + "\": \"" + mask + "\"}]}", kMap);
    EXPECT_EQ(restored.problems.size(), 1U) << key;
    EXPECT_EQ(restored.text.find("a-token"), std::string::npos) << key;
  }
  const auto cut = kMask.restore(R"({"clients": [{"models": [")" + mask + "\"]}]}", kMap);
  EXPECT_EQ(cut.problems.size(), 1U);
}

TEST(MapMask, OfAnotherKeyIsWorthNothing) {
  const auto restored = kMask.restore(MapMask("another key").mask(kMap), kMap);
  EXPECT_EQ(restored.problems.size(), 2U);
}

TEST(MapMask, TellsColumnsOfWhatIsShown) {
  const std::string shown = kMask.mask(kMap);
  const auto restored = kMask.restore(shown, kMap);
  for (const std::string word : {"\"ada\"", "\"enable\"", "\"bob\"", "\"service_type\""}) {
    const TextPosition real = position_of(kMap, std::string_view(kMap).find(word));
    const TextPosition at = position_of(shown, shown.find(word));
    EXPECT_EQ(restored.shown_column(real.line, real.column), at.column) << word;
  }
}

TEST(MapMask, HidesWhatRemarksAndUnknownKeysHold) {
  const std::string shown = kMask.mask(R"({
    "_old_client_token": "canary-1", "_clients": [{"client_token": "canary-2", "name": "was"}],
    "clients": [{"client_tokne": "canary-3", "_api_key": "canary-4", "extra": {"deep": ["canary-5"]}, "limits": {"concurrent": 3}}],
    "_remark": "he had mg-canary6canary6canary6 once", "_b": "sk-ant-canary7canary7"
  })");
  EXPECT_EQ(shown.find("canary"), shown.npos) << shown;
  EXPECT_NE(shown.find("\"was\""), shown.npos);
  EXPECT_NE(shown.find("\"concurrent\": 3"), shown.npos);
}

TEST(MapMask, HidesWhatABrokenMapHolds) {
  for (const std::string text :
       {R"({"clients": [{"name": "ada", "client_token": "canary-one", }]})", R"({"clients": [{"client_token": canary-two}]})",
        R"({"clients": [{"client_token": "canary-three)", R"({"clients": [ "canary-four" ] )",
        R"(client_token = canary-five // canary-six)"}) {
    const std::string shown = kMask.mask(text);
    EXPECT_EQ(shown.find("canary"), shown.npos) << shown;
  }
  EXPECT_NE(kMask.mask(R"({"clients": [{"name": "ada",}]})").find("\"ada\""), std::string::npos);
}

TEST(MapMask, KeepsSecretsOfABrokenMapThatIsMended) {
  const std::string broken = R"({"clients": [{"name": "ada", "client_token": "canary-one", }]})";
  const auto restored = kMask.restore(replaced(kMask.mask(broken), ", }", "}"), broken);
  EXPECT_TRUE(restored.problems.empty());
  EXPECT_EQ(restored.text, R"({"clients": [{"name": "ada", "client_token": "canary-one"}]})");
}

TEST(MapMask, CostsLittleForTenThousandClients) {
  std::string map = "{\"clients\": [\n";
  for (int i = 0; i < 10'000; ++i) {
    map += (i == 0 ? "" : ",\n") + std::string("{\"client_token\": \"a-long-token-of-number-") + std::to_string(i) + "\"}";
  }
  map += "]}";
  EXPECT_EQ(kMask.restore(kMask.mask(map), map).text, map);
}

TEST(MapMask, ChangesTheEtagWithEveryByte) {
  EXPECT_EQ(kMask.etag(kMap), kMask.etag(kMap));
  EXPECT_NE(kMask.etag(kMap), kMask.etag(replaced(kMap, "ada", "eva")));
  EXPECT_NE(kMask.etag(kMap), MapMask("another key").etag(kMap));
}

}  // namespace
}  // namespace moongate
