#include "proxy/client_directory.h"

#include <gtest/gtest.h>

#include "identity/api_key.h"
#include "unit/crypto/seeded_random.h"
#include "unit/crypto/test_keys.h"

namespace moongate {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

class ClientDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    load(true);
    publish(true);
  }
  void load(bool enabled) {
    auto map = std::make_shared<MapConfig>();
    Client client;
    client.id = "map:alice";
    client.token = Secret("alice-token-0123456789");
    client.enabled = enabled;
    client.service_type = ServiceType::kGoogle;
    client.claude_accounts = std::vector<WeightedAccount>{{"a", 2}};
    map->clients.push_back(client);
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->map = map;
    snapshot->clients = std::make_shared<const ClientIndex>(map, SipKey{1, 2});
    directory_.set_snapshot(snapshot);
  }
  void publish(bool enabled, std::vector<std::string> providers = {"anthropic", "gemini"}) {
    auto snapshot = std::make_shared<IdentitySnapshot>();
    snapshot->generation = verifier_.generation() + 1;
    snapshot->add(std::make_shared<const VirtualAccount>(VirtualAccount{"117",
                                                                        "robot@alias.test",
                                                                        "robot",
                                                                        "alias",
                                                                        "kid-1",
                                                                        test_key().public_key(),
                                                                        enabled,
                                                                        providers,
                                                                        {"claude-*"}}));
    verifier_.publish(snapshot);
  }
  std::string token(std::int64_t lives_s = 3599) {
    return seal_access_token(box_, {"117", "", "scope", "jti-1", "family-1", kNow, kNow + lives_s}, random_);
  }

  SeededRandom random_;
  SealedBox box_ = access_token_box(Secret("master"));
  TokenVerifier verifier_{box_, token_endpoint_audiences("http://localhost:8889/"), 300};
  ManualClock clock_{kNow};
  KeyDirectory keys_{{}, clock_};
  ClientDirectory directory_{verifier_, &keys_, clock_};
};

TEST_F(ClientDirectoryTest, FindsAStaticClient) {
  const auto identity = directory_.find("alice-token-0123456789");
  ASSERT_TRUE(identity);
  EXPECT_EQ((*identity)->client, "map:alice");
  EXPECT_EQ((*identity)->kind, "static");
  EXPECT_EQ((*identity)->service_type, ServiceType::kGoogle);
  ASSERT_TRUE((*identity)->claude_accounts);
  EXPECT_FALSE((*identity)->gemini_accounts);
}

TEST_F(ClientDirectoryTest, KnowsTheProcesssOwnTokensAsLongAsTheyAreLent) {
  InnerTokens tokens(random_);
  KeyHolder holder;
  holder.client = {"c-1", "chat:u-ada", "u-ada", true, R"({"models":["claude-*"]})", 1};
  holder.user = {"u-ada", "ada", "", "user", "", true, "", 1};
  std::string kept;
  {
    const InnerTokens::Lent lent = tokens.lend({holder, false});
    kept = lent.token();
    EXPECT_FALSE(directory_.find(kept).ok());  // nobody has told the directory of them
    directory_.set_inner(&tokens);
    const auto identity = directory_.find(kept);
    ASSERT_TRUE(identity);
    EXPECT_EQ((*identity)->client, "chat:u-ada");
    EXPECT_EQ((*identity)->user_name, "ada");
    EXPECT_EQ((*identity)->kind, "session");
    EXPECT_FALSE((*identity)->allows_model("gemini-2.5-pro"));
    holder.user.enabled = false;
    const InnerTokens::Lent of_disabled = tokens.lend({holder, false});
    EXPECT_FALSE(directory_.find(of_disabled.token()).ok());
  }
  EXPECT_FALSE(directory_.find(kept).ok());
}

TEST_F(ClientDirectoryTest, TakesAnOwnTokenForAClientOfTheMap) {
  InnerTokens tokens(random_);
  directory_.set_inner(&tokens);
  KeyHolder holder;
  holder.client.name = "map:alice";
  const InnerTokens::Lent lent = tokens.lend({holder, true});
  const auto identity = directory_.find(lent.token());
  ASSERT_TRUE(identity);
  EXPECT_EQ(*identity, *directory_.find("alice-token-0123456789"));
  load(false);
  EXPECT_FALSE(directory_.find(lent.token()).ok());
}

TEST_F(ClientDirectoryTest, AClientIsTheSameObjectUntilTheSnapshotChanges) {
  const auto first = directory_.find("alice-token-0123456789").value();
  EXPECT_EQ(directory_.find("alice-token-0123456789").value(), first);
  load(true);
  EXPECT_NE(directory_.find("alice-token-0123456789").value(), first);
}

TEST_F(ClientDirectoryTest, RefusesStrangersWithoutRepeatingWhatTheySaid) {
  for (const std::string credential :
       {std::string(), std::string("mallory-token"), std::string("alice-token-012345678"),
        std::string("ya29.mg-forged"), std::string(100'000, 'x')}) {
    const auto identity = directory_.find(credential);
    ASSERT_FALSE(identity);
    EXPECT_EQ(identity.error().kind, ErrorKind::kUnauthenticated);
    if (!credential.empty()) EXPECT_EQ(identity.error().describe().find(credential), std::string::npos);
  }
}

TEST_F(ClientDirectoryTest, ADisabledClientIsNobody) {
  load(false);
  EXPECT_FALSE(directory_.find("alice-token-0123456789"));
}

TEST_F(ClientDirectoryTest, FindsWhatAVirtualTokenStandsFor) {
  const auto identity = directory_.find(token());
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ((*identity)->client, "robot@alias.test");
  EXPECT_EQ((*identity)->kind, "virtual-token");
  EXPECT_EQ((*identity)->providers, (std::vector<Provider>{Provider::kAnthropic, Provider::kGemini}));
  EXPECT_TRUE((*identity)->allows_model("claude-x"));
  EXPECT_FALSE((*identity)->allows_model("gpt"));
}

TEST_F(ClientDirectoryTest, TokensOfOneAccountGiveOneIdentity) {
  const auto first = directory_.find(token()).value();
  EXPECT_EQ(directory_.find(token(3000)).value(), first);
}

TEST_F(ClientDirectoryTest, AKeptTokenExpiresAllTheSame) {
  const std::string text = token(100);
  EXPECT_TRUE(directory_.find(text));
  clock_.advance_ms(99'000);
  EXPECT_TRUE(directory_.find(text));
  clock_.advance_ms(2'000);
  EXPECT_FALSE(directory_.find(text));
}

TEST_F(ClientDirectoryTest, AKeptTokenGoesWithItsAccount) {
  const std::string text = token();
  EXPECT_TRUE(directory_.find(text));
  publish(false);
  EXPECT_FALSE(directory_.find(text));
  publish(true);
  EXPECT_TRUE(directory_.find(text));
}

TEST_F(ClientDirectoryTest, AListOfUnknownProvidersAllowsNone) {
  publish(true, {"no-such-provider"});
  const auto identity = directory_.find(token());
  ASSERT_FALSE(identity) << "an empty list would have meant all of them";
  EXPECT_EQ(identity.error().kind, ErrorKind::kUnauthenticated);
  EXPECT_FALSE(directory_.find(token()));
}

// -- keys and clients of the store

class StoredCredentials : public ClientDirectoryTest {
 protected:
  static constexpr const char* kKey = "mg-0123456789012345678901234567890123456789";
  void store(const std::string& key_terms = "", const std::string& client_terms = "", const std::string& user_terms = "") {
    auto holder = std::make_shared<KeyHolder>();
    holder->key = {"k-1", api_key_digest(kKey), "mg-0123", "laptop", "c-1", true, key_terms, 0, 0, 0};
    holder->client = {"c-1", "tools", "u-1", true, client_terms, 0};
    holder->user = {"u-1", "anna", "", "user", "", true, user_terms, 0};
    holder_ = holder;
    keys_.put(holder->key.sha256, holder, ++generation_);
  }
  void change(const std::function<void(KeyHolder&)>& edit) {
    auto holder = std::make_shared<KeyHolder>(*holder_);
    edit(*holder);
    keys_.put(holder->key.sha256, holder, ++generation_);
  }
  std::shared_ptr<const KeyHolder> holder_;
  std::int64_t generation_ = 0;
};

TEST_F(StoredCredentials, AKeyThatNobodyHasLookedUpIsAskedFor) {
  std::string digest;
  const auto identity = directory_.find(kKey, &digest);
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(digest, api_key_digest(kKey));
  keys_.put(digest, nullptr, 1);
  EXPECT_EQ(directory_.find(kKey).error().kind, ErrorKind::kUnauthenticated);
}

TEST_F(StoredCredentials, AKeyLeadsToItsClientAndUserWithTheTermsOfAllThree) {
  store(R"({"models":["claude-*"],"markup":"2.0"})", R"({"providers":["anthropic"]})", R"({"limits":{"concurrent":5},"markup":3})");
  const auto identity = directory_.find(kKey);
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ((*identity)->client, "tools");
  EXPECT_EQ((*identity)->kind, "key");
  EXPECT_EQ((*identity)->key_id, "k-1");
  EXPECT_EQ((*identity)->user_id, "u-1");
  EXPECT_EQ((*identity)->user_name, "anna");
  EXPECT_EQ((*identity)->markup_ppm, 2'000'000) << "the innermost that says one";
  EXPECT_TRUE((*identity)->allows_model("claude-opus-5"));
  EXPECT_FALSE((*identity)->allows_model("gemini-2.5-pro"));
  EXPECT_FALSE((*identity)->allows(Provider::kVertex));
  ASSERT_EQ((*identity)->levels.size(), 3U);
  EXPECT_EQ((*identity)->levels[0].level, "key");
  EXPECT_EQ((*identity)->levels[2].level, "user");
  EXPECT_TRUE((*identity)->has_limits());
}

TEST_F(StoredCredentials, TheIdentityIsTheSameObjectUntilTheKeyIsReadAnew) {
  store();
  const auto first = directory_.find(kKey).value();
  EXPECT_EQ(directory_.find(kKey).value(), first);
  store();
  EXPECT_NE(directory_.find(kKey).value(), first);
}

TEST_F(StoredCredentials, ADisabledKeyClientOrUserIsNobody) {
  store();
  ASSERT_TRUE(directory_.find(kKey));
  change([](KeyHolder& holder) { holder.key.enabled = false; });
  EXPECT_FALSE(directory_.find(kKey));
  change([](KeyHolder& holder) { holder.client.enabled = false; });
  EXPECT_FALSE(directory_.find(kKey));
  change([](KeyHolder& holder) { holder.user.enabled = false; });
  EXPECT_FALSE(directory_.find(kKey));
  change([](KeyHolder&) {});
  EXPECT_TRUE(directory_.find(kKey));
}

TEST_F(StoredCredentials, ExpiryIsLookedAtOnEachRequest) {
  store();
  change([](KeyHolder& holder) { holder.key.expires_at_s = kNow + 10; });
  EXPECT_TRUE(directory_.find(kKey));
  clock_.advance_ms(10'000);
  const auto late = directory_.find(kKey);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kUnauthenticated);
}

TEST_F(StoredCredentials, TermsThatCannotBeReadLetNobodyIn) {
  store("{\"limits\":{\"requests_per_minute\":-1}}");
  EXPECT_FALSE(directory_.find(kKey));
  store("", "{nonsense");
  EXPECT_FALSE(directory_.find(kKey));
}

TEST_F(StoredCredentials, AClientOfTheMapGetsWhatTheStoreSaysOfIt) {
  const std::vector<UserRecord> users{{"u-1", "anna", "", "user", "", true, R"({"limits":{"concurrent":5}})", 0}};
  std::vector<ClientRecord> clients{{"c-1", "map:alice", "u-1", true, R"({"models":["gemini-*"]})", 0}};
  const auto told = [](const Error& error) { FAIL() << error.message; };
  directory_.set_stored(StoredClients::build(clients, users, 1, told));
  const auto identity = directory_.find("alice-token-0123456789");
  ASSERT_TRUE(identity);
  EXPECT_EQ((*identity)->user_name, "anna");
  EXPECT_FALSE((*identity)->allows_model("claude-opus-5"));
  EXPECT_TRUE((*identity)->has_limits());
  clients[0].enabled = false;
  directory_.set_stored(StoredClients::build(clients, users, 2, told));
  EXPECT_FALSE(directory_.find("alice-token-0123456789"));
  directory_.set_stored(StoredClients::build({}, {}, 3, told));
  EXPECT_TRUE(directory_.find("alice-token-0123456789"));
}

TEST_F(StoredCredentials, AVirtualAccountGetsWhatTheStoreSaysOfItsAddress) {
  const std::vector<UserRecord> users{{"u-1", "anna", "", "user", "", false, "", 0}};
  const std::vector<ClientRecord> clients{{"c-1", "robot@alias.test", "u-1", true, "", 0}};
  ASSERT_TRUE(directory_.find(token()));
  directory_.set_stored(StoredClients::build(clients, users, 1, [](const Error&) {}));
  EXPECT_FALSE(directory_.find(token())) << "its user is disabled";
}

TEST_F(StoredCredentials, UnreadableTermsDisableAndAreTold) {
  int told = 0;
  const auto stored = StoredClients::build({{"c-1", "x", "", true, "{", 0}}, {}, 1, [&](const Error& error) {
    ++told;
    EXPECT_NE(error.message.find("client x"), std::string::npos);
  });
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(stored->find("x")->enabled);
}

}  // namespace
}  // namespace moongate
