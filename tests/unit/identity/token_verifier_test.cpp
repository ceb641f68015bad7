#include "identity/token_verifier.h"

#include <gtest/gtest.h>

#include <thread>

#include "crypto/hash.h"
#include "unit/crypto/seeded_random.h"
#include "unit/crypto/test_keys.h"

namespace moongate {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr char kEmail[] = "robot@alias.iam.gserviceaccount.com";

struct TokenVerifierTest : testing::Test {
  SeededRandom random;
  SealedBox box = access_token_box(Secret("master"));
  TokenVerifier verifier{box, token_endpoint_audiences("http://localhost:8889/"), 300};

  TokenVerifierTest() { publish(true); }

  void publish(bool enabled, std::vector<std::string> revoked = {}) {
    auto snapshot = std::make_shared<IdentitySnapshot>();
    snapshot->generation = verifier.generation() + 1;
    snapshot->add(std::make_shared<const VirtualAccount>(
        VirtualAccount{"117", kEmail, "robot", "alias", "kid-1", test_key().public_key(), enabled, {}, {}}));
    snapshot->clients.insert("client");
    snapshot->revoked.insert(revoked.begin(), revoked.end());
    verifier.publish(snapshot);
  }

  AccessToken token() const { return {"117", "", "scope-a scope-b", "jti-1", "family-1", kNow, kNow + 3599}; }
  std::string seal(const AccessToken& one) { return seal_access_token(box, one, random); }

  static std::string claims(
      std::string_view extra = R"(,"scope":"https://www.googleapis.com/auth/cloud-platform")",
      std::int64_t iat = kNow, std::int64_t exp = kNow + 3600, std::string_view iss = kEmail) {
    return R"({"iss":")" + std::string(iss) + R"(","sub":")" + std::string(iss) + R"(","iat":)" +
           std::to_string(iat) + R"(,"exp":)" + std::to_string(exp) + std::string(extra) + "}";
  }
  static std::string jwt(const std::string& payload, const char* kid = "kid-1") {
    return sign_rs256_jwt(test_key(), kid, payload);
  }
  std::string why(std::string_view text, std::int64_t now = kNow) const {
    const Result<VerifiedToken> verified = verifier.verify(text, now);
    if (verified.ok()) return "accepted";
    EXPECT_EQ(verified.error().kind, ErrorKind::kUnauthenticated);
    return verified.error().describe();
  }
};

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(TokenVerifierTest, AcceptsAnAccessTokenOfAVirtualAccountAndSaysWhoseItIs) {
  const VerifiedToken verified = verifier.verify(seal(token()), kNow).value();
  EXPECT_EQ(verified.kind, VerifiedToken::Kind::kAccessToken);
  ASSERT_NE(verified.account, nullptr);
  EXPECT_EQ(verified.account->email, kEmail);
  EXPECT_EQ(verified.subject(), "117");
  EXPECT_EQ(verified.scope, "scope-a scope-b");
  EXPECT_EQ(verified.id, "jti-1");
  EXPECT_EQ(verified.expires_at_s, kNow + 3599);
  EXPECT_EQ(verified.generation, verifier.generation());
}

TEST_F(TokenVerifierTest, AcceptsAnAccessTokenOfAClientAlone) {
  AccessToken of_client = token();
  of_client.account_id.clear();
  of_client.client_id = "client";
  const VerifiedToken verified = verifier.verify(seal(of_client), kNow).value();
  EXPECT_EQ(verified.account, nullptr);
  EXPECT_EQ(verified.subject(), "client");
}

TEST_F(TokenVerifierTest, KeepsAccessTokensOpaqueAndShortEnoughForAHeader) {
  const std::string text = seal(token());
  EXPECT_TRUE(text.starts_with("ya29.mg-"));
  EXPECT_LT(text.size(), 300U);
  const std::string inside = *base64url_decode(std::string_view(text).substr(8));
  EXPECT_EQ(inside.find("117"), std::string::npos);
  EXPECT_EQ(inside.find("scope"), std::string::npos);
}

TEST_F(TokenVerifierTest, RefusesAnAccessTokenFromItsLastSecondOn) {
  EXPECT_EQ(why(seal(token()), kNow + 3598), "accepted");
  EXPECT_SAYS(why(seal(token()), kNow + 3599), "expired");
}

TEST_F(TokenVerifierTest, RefusesAnAccessTokenOfAnotherInstallationOrWithAChangedByte) {
  EXPECT_SAYS(why(seal_access_token(access_token_box(Secret("other")), token(), random)), "not one of ours");
  std::string text = seal(token());
  text[20] = text[20] == 'A' ? 'B' : 'A';
  EXPECT_SAYS(why(text), "not one of ours");
  EXPECT_SAYS(why("ya29.mg-"), "not one of ours");
  EXPECT_SAYS(why("ya29.mg-" + std::string(20000, 'A')), "not one of ours");
}

TEST_F(TokenVerifierTest, RefusesARevokedAccessTokenAndEveryTokenOfARevokedFamily) {
  publish(true, {"jti-1"});
  EXPECT_SAYS(why(seal(token())), "revoked");
  publish(true, {"family-1"});
  EXPECT_SAYS(why(seal(token())), "revoked");
  publish(true, {"jti-2", "family-2"});
  EXPECT_EQ(why(seal(token())), "accepted");
}

TEST_F(TokenVerifierTest, RefusesTokensOfADisabledAccountAtOnceAndAcceptsThemAgainLater) {
  const std::string access = seal(token()), self_signed = jwt(claims());
  publish(false);
  EXPECT_SAYS(why(access), "disabled service account");
  EXPECT_SAYS(why(self_signed), "disabled service account");
  publish(true);
  EXPECT_EQ(why(access), "accepted");
  EXPECT_EQ(why(self_signed), "accepted");
}

TEST_F(TokenVerifierTest, RefusesTokensOfUnknownAccountsAndClients) {
  AccessToken unknown = token();
  unknown.account_id = "118";
  EXPECT_SAYS(why(seal(unknown)), "does not exist any more");
  AccessToken of_client = token();
  of_client.client_id = "gone";
  EXPECT_SAYS(why(seal(of_client)), "unknown or disabled OAuth client");
  AccessToken nobody = token();
  nobody.account_id.clear();
  EXPECT_SAYS(why(seal(nobody)), "names nobody");
}

TEST_F(TokenVerifierTest, RefusesEverythingBeforeTheFirstSnapshot) {
  const TokenVerifier fresh(box, {}, 300);
  EXPECT_FALSE(fresh.verify(seal(token()), kNow).ok());
  EXPECT_FALSE(fresh.verify(jwt(claims()), kNow).ok());
}

TEST_F(TokenVerifierTest, AcceptsTheJwtThatNodesLibrarySignsItself) {
  const VerifiedToken verified = verifier.verify(jwt(claims()), kNow).value();
  EXPECT_EQ(verified.kind, VerifiedToken::Kind::kSelfSignedJwt);
  EXPECT_EQ(verified.account->id, "117");
  EXPECT_EQ(verified.scope, "https://www.googleapis.com/auth/cloud-platform");
}

TEST_F(TokenVerifierTest, AcceptsAJwtForAnApiInPlaceOfAScope) {
  EXPECT_EQ(why(jwt(claims(R"(,"aud":"https://aiplatform.googleapis.com/")"))), "accepted");
}

TEST_F(TokenVerifierTest, RefusesAnAssertionForTheTokenEndpointAsABearer) {
  for (const char* aud : {"http://localhost:8889/token", "https://oauth2.googleapis.com/token",
                          "https://www.googleapis.com/oauth2/v4/token",
                          "http://localhost:8889/accounts.google.com/oauth2/token",
                          "https://accounts.google.com/o/oauth2/token"}) {
    EXPECT_SAYS(why(jwt(claims(R"(,"scope":"a","aud":")" + std::string(aud) + "\""))), "exchange it there");
  }
  EXPECT_SAYS(why(jwt(claims(R"(,"scope":"a","target_audience":"x")"))), "exchange it there");
}

TEST_F(TokenVerifierTest, RefusesAJwtWithAlgNone) {
  const std::string token =
      base64url_encode(R"({"alg":"none","kid":"kid-1"})") + "." + base64url_encode(claims()) + ".";
  EXPECT_SAYS(why(token), "RS256");
}

TEST_F(TokenVerifierTest, RefusesAJwtWithHs256AndThePublicKeyAsItsSecret) {
  EXPECT_SAYS(why(sign_hs256_jwt(test_key().public_key().pem(), "kid-1", claims())), "RS256");
}

TEST_F(TokenVerifierTest, RefusesAJwtWithAWrongKidOrNone) {
  EXPECT_SAYS(why(jwt(claims(), "kid-2")), "kid");
  EXPECT_SAYS(why(jwt(claims(), "")), "kid");
}

TEST_F(TokenVerifierTest, RefusesAJwtOfAnotherAccountsKey) {
  EXPECT_SAYS(why(sign_rs256_jwt(other_test_key(), "kid-1", claims())), "signature");
  EXPECT_SAYS(why(jwt(claims(R"(,"scope":"a")", kNow, kNow + 60, "somebody@else"))), "iss");
}

TEST_F(TokenVerifierTest, RefusesAJwtThatSpeaksForSomebodyElse) {
  const std::string payload = R"({"iss":")" + std::string(kEmail) +
                              R"(","sub":"boss@example.com","scope":"a","iat":1700000000,"exp":1700000060})";
  EXPECT_SAYS(why(jwt(payload)), "sub");
}

TEST_F(TokenVerifierTest, RefusesAnExpiredJwtOneFromTheFutureAndOneThatIsValidForAYear) {
  const std::string scope = R"(,"scope":"a")";
  EXPECT_SAYS(why(jwt(claims(scope, kNow - 4000, kNow - 400))), "expired");
  EXPECT_SAYS(why(jwt(claims(scope, kNow + 301, kNow + 3600))), "future");
  EXPECT_SAYS(why(jwt(claims(scope, kNow, kNow + 31536000))), "longer than 3600");
}

TEST_F(TokenVerifierTest, RefusesAJwtForNothingOrForAListOfAudiences) {
  EXPECT_SAYS(why(jwt(claims(""))), "neither aud nor scope");
  EXPECT_SAYS(why(jwt(claims(R"(,"aud":["https://aiplatform.googleapis.com/"])"))), "one string");
}

TEST_F(TokenVerifierTest, RefusesWhatIsNoTokenAtAll) {
  for (const char* text : {"", "sk-ant-123", "a.b.c", "ya29.real-google-token", "eyJ"})
    EXPECT_NE(why(text), "accepted");
}

TEST_F(TokenVerifierTest, TellsCandidatesFromStaticKeys) {
  EXPECT_TRUE(TokenVerifier::is_candidate(seal(token())));
  EXPECT_TRUE(TokenVerifier::is_candidate(jwt(claims())));
  for (const char* text : {"", "mg-abc", "sk-ant-1", "ya29.real", "AIza.b.c", "eyJ.x"}) {
    EXPECT_FALSE(TokenVerifier::is_candidate(text)) << text;
  }
}

TEST_F(TokenVerifierTest, VerifiesWhileSnapshotsArePublished) {
  const std::string text = seal(token());
  std::thread publisher([&] {
    for (int i = 0; i < 200; ++i) publish(true);
  });
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(verifier.verify(text, kNow).ok());
  publisher.join();
}

TEST(VirtualAccount, AllowsWhatItsListsSayAndEverythingWithoutThem) {
  VirtualAccount account{"1", "e", "n", "p", "k", test_key().public_key(), true, {}, {}};
  EXPECT_TRUE(account.allows_provider("vertex"));
  EXPECT_TRUE(account.allows_model("anything"));
  account.providers = {"vertex"};
  account.models = {"gemini-2.5-pro", "claude-*"};
  EXPECT_TRUE(account.allows_provider("vertex"));
  EXPECT_FALSE(account.allows_provider("vertex-claude"));
  EXPECT_TRUE(account.allows_model("gemini-2.5-pro"));
  EXPECT_FALSE(account.allows_model("gemini-2.5-pro-exp"));
  EXPECT_TRUE(account.allows_model("claude-sonnet-4-5"));
  EXPECT_FALSE(account.allows_model(""));
}

}  // namespace
}  // namespace moongate
