#include "upstream/token_source.h"

#include "cache/memory_cache.h"
#include "crypto/hash.h"
#include "unit/crypto/seeded_random.h"
#include "unit/crypto/test_keys.h"
#include "unit/net/loop.h"
#include "unit/upstream/scripted_server.h"

namespace moongate {
namespace {

using Token = std::shared_ptr<const MintedToken>;

// A token endpoint whose tokens are t1, t2, … and live for an hour.
Scripted minted(int number, int lives_s = 3600) {
  return answer("{\"access_token\":\"t" + std::to_string(number) +
                "\",\"expires_in\":" + std::to_string(lives_s) + "}");
}

class TokenSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    serve([](const std::string&, int number) { return minted(number); });
  }
  void serve(ScriptedServer::Script script) {
    server_ = std::make_unique<ScriptedServer>(std::move(script));
    Credential made;
    made.name = "key.json";
    made.client_email = "robot@project.test";
    made.private_key_id = "kid-1";
    made.private_key_pem = test_key().pem();
    made.token_uri = "http://" + server_->endpoint().authority() + "/token";
    credential_ = std::make_shared<const Credential>(std::move(made));
  }
  Result<Token> ask() { return loop_.run(source_.token(loop_.reactor, pool_, credential_)); }
  void pass(std::int64_t ms) {
    clock_.advance_ms(ms);
    loop_.reactor.turn(0);  // its deadlines count from a turn's beginning
  }
  std::string bearer() {
    const auto token = ask();
    return token ? (*token)->bearer.reveal() : "error: " + token.error().message;
  }

  ManualClock clock_;
  MemorySink sink_;
  Logger logger_{sink_, clock_, LogLevel::kDebug};
  Loop loop_{clock_};
  Resolver resolver_{clock_, 30'000, 0};
  ConnectionPool pool_{loop_.reactor, resolver_, {}};
  TokenSource source_{clock_, logger_};
  std::unique_ptr<ScriptedServer> server_;
  std::shared_ptr<const Credential> credential_;
};

TEST_F(TokenSourceTest, MintsOnceAndKeepsTheToken) {
  EXPECT_EQ(source_.cached(*credential_), nullptr);
  EXPECT_EQ(bearer(), "Bearer t1");
  EXPECT_EQ(bearer(), "Bearer t1");
  ASSERT_NE(source_.cached(*credential_), nullptr);
  EXPECT_EQ(source_.cached(*credential_)->expires_at, clock_.unix_seconds() + 3600);
  EXPECT_EQ(server_->requests(), 1);
  EXPECT_EQ(source_.counts().minted, 1u);
}

TEST_F(TokenSourceTest, AsksWithASignedAssertion) {
  bearer();
  const std::string request = server_->last_request();
  EXPECT_TRUE(request.starts_with("POST /token HTTP/1.1\r\n"));
  EXPECT_NE(request.find("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey"),
            std::string::npos);
}

TEST_F(TokenSourceTest, TwentyWhoAskAtOnceMintOnce) {
  std::vector<std::string> got;
  const auto body = [](TokenSource& source, Reactor& reactor, ConnectionPool& pool,
                       std::shared_ptr<const Credential> credential,
                       std::vector<std::string>& out) -> Task<void> {
    const auto token = co_await source.token(reactor, pool, std::move(credential));
    out.push_back(token ? (*token)->bearer.reveal() : token.error().message);
  };
  for (int i = 0; i < 20; ++i) spawn(body(source_, loop_.reactor, pool_, credential_, got));
  ASSERT_TRUE(loop_.until([&] { return got.size() == 20; }));
  EXPECT_EQ(got, std::vector<std::string>(20, "Bearer t1"));
  EXPECT_EQ(server_->requests(), 1);
}

TEST_F(TokenSourceTest, ARefusalOpensTheCircuitForAWhile) {
  serve([](const std::string&, int number) {
    return number <= 2 ? answer(R"({"error":"invalid_grant","error_description":"no such robot"})", 400)
                       : minted(number);
  });
  const auto refused = ask();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnauthenticated);
  EXPECT_NE(refused.error().message.find("key.json"), std::string::npos);
  EXPECT_NE(refused.error().message.find("invalid_grant: no such robot"), std::string::npos);
  EXPECT_FALSE(ask());
  EXPECT_EQ(server_->requests(), 1) << "the circuit is open: nobody was asked";
  pass(1001);
  EXPECT_FALSE(ask());
  EXPECT_EQ(server_->requests(), 2);
  pass(1500);
  EXPECT_FALSE(ask()) << "the second time it stays open for longer";
  EXPECT_EQ(server_->requests(), 2);
  pass(600);
  EXPECT_EQ(bearer(), "Bearer t3");
  EXPECT_EQ(source_.counts().failed, 2u);
}

TEST_F(TokenSourceTest, AFailureIsLoggedWithoutTheKeyOrTheAssertion) {
  serve([](const std::string&, int) { return answer("oops", 500); });
  const auto token = ask();
  ASSERT_FALSE(token);
  EXPECT_EQ(token.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(sink_.text().find("cannot mint an access token"), std::string::npos);
  EXPECT_EQ(sink_.text().find("PRIVATE"), std::string::npos);
  EXPECT_EQ(sink_.text().find("assertion="), std::string::npos);
}

TEST_F(TokenSourceTest, ADroppedTokenIsMintedAnew) {
  const Token first = ask().value();
  EXPECT_TRUE(source_.drop(*credential_, first->bearer));
  EXPECT_EQ(source_.cached(*credential_), nullptr);
  const Token second = ask().value();
  EXPECT_EQ(second->bearer.reveal(), "Bearer t2");
  EXPECT_TRUE(source_.drop(*credential_, first->bearer));
  EXPECT_EQ(source_.cached(*credential_), second)
      << "who was refused with an old one takes nothing from the new";
  EXPECT_EQ(source_.counts().dropped, 1u);
}

TEST_F(TokenSourceTest, AForgottenTokenIsMintedAnewAsOftenAsItIsForgotten) {
  EXPECT_EQ(source_.held(*credential_), nullptr);
  EXPECT_FALSE(source_.forget(*credential_));
  EXPECT_EQ(bearer(), "Bearer t1");
  EXPECT_EQ(source_.held(*credential_)->bearer.reveal(), "Bearer t1");
  EXPECT_TRUE(source_.forget(*credential_));
  EXPECT_EQ(source_.held(*credential_), nullptr);
  EXPECT_EQ(bearer(), "Bearer t2");
  EXPECT_TRUE(source_.forget(*credential_));
  EXPECT_EQ(bearer(), "Bearer t3") << "an operator's word needs no pause";
}

TEST_F(TokenSourceTest, RenewsBesideTheRequestsInTheLastMinutes) {
  EXPECT_EQ(bearer(), "Bearer t1");
  pass(3'299'000);
  EXPECT_NE(source_.cached(*credential_), nullptr);
  pass(2'000);
  EXPECT_EQ(source_.cached(*credential_), nullptr) << "so that token() is asked";
  EXPECT_EQ(bearer(), "Bearer t1") << "which does not wait";
  ASSERT_TRUE(loop_.until([&] { return source_.counts().minted == 2; }));
  EXPECT_EQ(bearer(), "Bearer t2");
}

TEST_F(TokenSourceTest, AFailedRenewalLeavesTheTokenInUse) {
  serve([](const std::string&, int number) { return number == 1 ? minted(1) : answer("", 503); });
  EXPECT_EQ(bearer(), "Bearer t1");
  pass(3'400'000);
  EXPECT_EQ(bearer(), "Bearer t1");
  ASSERT_TRUE(loop_.until([&] { return source_.counts().failed == 1; }));
  EXPECT_EQ(bearer(), "Bearer t1");
  EXPECT_NE(source_.cached(*credential_), nullptr);
  pass(200'000);
  EXPECT_FALSE(ask()) << "it has expired";
}

TEST_F(TokenSourceTest, AnswersThatHoldNoUsableTokenFail) {
  for (const char* body :
       {"", "[]", "{}", R"({"access_token":""})", R"({"access_token":"x","expires_in":30})",
        R"({"access_token":"x","expires_in":-9223372036854775808})"}) {
    serve([body](const std::string&, int) { return answer(body); });
    const auto token = ask();
    ASSERT_FALSE(token) << body;
    EXPECT_FALSE(token.error().message.empty());
  }
}

TEST_F(TokenSourceTest, AnAbsurdLifetimeIsCutToADay) {
  serve([](const std::string&, int) {
    return answer(R"({"access_token":"x","expires_in":9223372036854775807})");
  });
  EXPECT_EQ(ask().value()->expires_at, clock_.unix_seconds() + 86'400);
}

TEST_F(TokenSourceTest, AKeyThatIsNoneFailsWithoutAskingAnybody) {
  Credential broken = *credential_;
  broken.private_key_id = "kid-2";
  broken.private_key_pem = Secret("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
  credential_ = std::make_shared<const Credential>(std::move(broken));
  const auto token = ask();
  ASSERT_FALSE(token);
  EXPECT_NE(token.error().message.find("key.json"), std::string::npos);
  EXPECT_EQ(token.error().message.find("AAAA"), std::string::npos);
  EXPECT_EQ(server_->requests(), 0);
}

// -- several gateways with one cache

class SharedTokens : public TokenSourceTest {
 protected:
  SharedTokens() {
    source_.share(SealedBox::derive("master", "tokens"), random_);
    other_.share(SealedBox::derive("master", "tokens"), random_);
  }
  std::string bearer_of(TokenSource& source) {
    const auto token = loop_.run(source.token(loop_.reactor, pool_, credential_, cache_.get()));
    return token ? (*token)->bearer.reveal() : "error: " + token.error().message;
  }
  SeededRandom random_;
  MemoryCacheFactory caches_{1000, 1 << 20, 1};
  std::unique_ptr<Cache> cache_ = caches_.make(loop_.reactor).value();
  TokenSource other_{clock_, logger_};
};

TEST_F(SharedTokens, AreMintedByOneGatewayForAll) {
  EXPECT_EQ(bearer_of(source_), "Bearer t1");
  EXPECT_EQ(bearer_of(other_), "Bearer t1");
  EXPECT_EQ(server_->requests(), 1);
  EXPECT_EQ(other_.counts().shared, 1U);
  EXPECT_EQ(other_.cached(*credential_)->expires_at, clock_.unix_seconds() + 3600);
}

TEST_F(SharedTokens, AreNothingToWhoHasAnotherKey) {
  TokenSource stranger{clock_, logger_};
  stranger.share(SealedBox::derive("another master", "tokens"), random_);
  EXPECT_EQ(bearer_of(source_), "Bearer t1");
  EXPECT_EQ(bearer_of(stranger), "Bearer t2");
}

TEST_F(SharedTokens, ThatWereRefusedAreNotTakenAgain) {
  EXPECT_EQ(bearer_of(source_), "Bearer t1");
  EXPECT_EQ(bearer_of(other_), "Bearer t1");
  EXPECT_TRUE(other_.drop(*credential_, Secret("Bearer t1")));
  EXPECT_EQ(bearer_of(other_), "Bearer t2");
  EXPECT_TRUE(source_.drop(*credential_, Secret("Bearer t1")));
  EXPECT_EQ(bearer_of(source_), "Bearer t2") << "what the other minted meanwhile";
}

TEST_F(SharedTokens, AreRenewedBeforeTheyRunOut) {
  EXPECT_EQ(bearer_of(source_), "Bearer t1");
  pass(3'400'000);
  EXPECT_EQ(bearer_of(other_), "Bearer t2") << "less than five minutes were left";
}

TEST_F(SharedTokens, DoNotLieInTheCacheInClear) {
  EXPECT_EQ(bearer_of(source_), "Bearer t1");
  const std::string key = "mg:token:" + sha256_hex("robot@project.test\nkid-1\n" + credential_->token_uri);
  std::optional<std::string> kept;
  ASSERT_TRUE(cache_->try_get(key, kept));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->find("t1"), kept->npos);
}

}  // namespace
}  // namespace moongate
