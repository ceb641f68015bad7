#include "proxy/client_directory.h"

#include <gtest/gtest.h>

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
  ClientDirectory directory_{verifier_, clock_};
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

}  // namespace
}  // namespace moongate
