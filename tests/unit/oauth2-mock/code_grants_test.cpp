#include "unit/oauth2-mock/consent_fixture.h"

namespace moongate {
namespace {

TEST_F(ConsentTest, ACodeIsExchangedForTokensWithPkce) {
  const HttpResponse response = exchange(code());
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = json_of(response);
  EXPECT_EQ(text_of(body, "scope"), "openid email " + std::string(kScope));
  EXPECT_EQ(text_of(body, "token_type"), "Bearer");
  EXPECT_TRUE(text_of(body, "refresh_token").starts_with("1//"));
  EXPECT_TRUE(accepted(text_of(body, "access_token")));
  const Json claims = verified_claims(text_of(body, "id_token"));
  EXPECT_EQ(text_of(claims, "aud"), "test");
  EXPECT_EQ(text_of(claims, "sub"), "test");
}

TEST_F(ConsentTest, ACodeForAnAccountGivesTokensOfThatAccount) {
  const IssuedAccount account = make_account();
  const Json body =
      json_of(exchange(code({{"nonce", "n-1"}}, {{"account", account.email}, {"admin_token", admin_token}})));
  const VerifiedToken verified = service->verifier().verify(text_of(body, "access_token"), now()).value();
  EXPECT_EQ(verified.account->email, account.email);
  EXPECT_EQ(verified.client_id, "test");
  const Json claims = verified_claims(text_of(body, "id_token"));
  EXPECT_EQ(text_of(claims, "email"), account.email);
  EXPECT_EQ(text_of(claims, "nonce"), "n-1");
  EXPECT_EQ(text_of(claims, "azp"), "test");
  EXPECT_EQ(text_of(claims, "at_hash"),
            base64url_encode(sha256(text_of(body, "access_token")).substr(0, 16)));
}

TEST_F(ConsentTest, WithoutOfflineAccessThereIsNoRefreshTokenAndWithoutOpenidNoIdToken) {
  const Json body = json_of(exchange(code({{"access_type", ""}, {"scope", kScope}})));
  EXPECT_FALSE(body.contains("refresh_token"));
  EXPECT_FALSE(body.contains("id_token"));
}

TEST_F(ConsentTest, AReusedCodeIsRefusedAndTakesItsTokensWithIt) {
  const std::string one = code();
  const Json body = json_of(exchange(one));
  ASSERT_TRUE(accepted(text_of(body, "access_token")));
  EXPECT_SAYS(exchange(one), "400 invalid_grant: Bad Request");
  EXPECT_FALSE(accepted(text_of(body, "access_token")));
  EXPECT_SAYS(refresh(text_of(body, "refresh_token")),
              "400 invalid_grant: Token has been expired or revoked.");
}

TEST_F(ConsentTest, APkceMismatchIsRefusedAndUsesTheCodeUp) {
  const std::string one = code();
  EXPECT_SAYS(exchange(one, {{"code_verifier", std::string(50, 'x')}}),
              "400 invalid_grant: Invalid code verifier.");
  EXPECT_SAYS(exchange(one), "400 invalid_grant");
  EXPECT_SAYS(exchange(code(), {{"code_verifier", ""}}), "400 invalid_grant: Missing code verifier.");
  EXPECT_SAYS(exchange(code(), {{"code_verifier", challenge()}}),
              "400 invalid_grant: Invalid code verifier.");
}

TEST_F(ConsentTest, PlainChallengesWorkToo) {
  const Fields plain = {{"code_challenge", kVerifier}, {"code_challenge_method", "plain"}};
  EXPECT_EQ(exchange(code(plain)).status, 200);
  EXPECT_EQ(exchange(code({{"code_challenge", kVerifier}, {"code_challenge_method", ""}})).status, 200);
  EXPECT_SAYS(exchange(code(plain), {{"code_verifier", std::string(50, 'x')}}), "Invalid code verifier.");
}

TEST_F(ConsentTest, AVerifierWithoutAChallengeIsRefused) {
  const Fields bare = {{"code_challenge", ""}, {"code_challenge_method", ""}};
  EXPECT_SAYS(exchange(code(bare)), "400 invalid_grant");
  EXPECT_EQ(exchange(code(bare), {{"code_verifier", ""}}).status, 200);
}

TEST_F(ConsentTest, ACodeIsGoodForItsClientAndRedirectUriOnly) {
  const auto [id, secret] = make_client();
  const std::string one = code();
  EXPECT_SAYS(exchange(one, {{"client_id", id}, {"client_secret", secret}}),
              "400 invalid_grant: Malformed auth code.");
  EXPECT_EQ(exchange(one).status, 200) << "the other client's try did not use it up";
  EXPECT_SAYS(exchange(code(), {{"redirect_uri", "http://localhost:3001/callback"}}),
              "400 redirect_uri_mismatch");
  EXPECT_SAYS(exchange(code(), {{"redirect_uri", ""}}), "400 redirect_uri_mismatch");
  EXPECT_SAYS(exchange(code(), {{"client_secret", "wrong"}}), "401 invalid_client");
  EXPECT_SAYS(exchange("4/0Anonsense"), "400 invalid_grant: Malformed auth code.");
  EXPECT_SAYS(exchange(""), "400 invalid_request: Missing required parameter: code");
}

TEST_F(ConsentTest, ACodeIsGoodForTenMinutes) {
  const std::string in_time = code(), late = code();
  clock.advance_ms(599'000);
  EXPECT_EQ(exchange(in_time).status, 200);
  clock.advance_ms(1'000);
  EXPECT_SAYS(exchange(late), "400 invalid_grant: Malformed auth code.");
}

TEST_F(ConsentTest, ACodeOfAnAccountThatWasDisabledSinceIsRefused) {
  const IssuedAccount account = make_account();
  const std::string one = code({}, {{"account", account.email}, {"admin_token", admin_token}});
  ASSERT_EQ(admin("POST", std::string(kAccountsPath) + "/" + account.id + "/disable").status, 200);
  EXPECT_SAYS(exchange(one), "400 invalid_grant: Account disabled");
}

struct RefreshTokens : ConsentTest {
  Json first = json_of(exchange(code()));
  std::string token_text = text_of(first, "refresh_token");
};

TEST_F(RefreshTokens, WorkAgainAndAgainAsNodesLibraryNeedsIt) {
  for (int round = 0; round < 3; ++round) {
    const HttpResponse response = refresh(token_text);
    ASSERT_EQ(response.status, 200) << response.body;
    const Json body = json_of(response);
    EXPECT_FALSE(body.contains("refresh_token"));
    EXPECT_EQ(text_of(body, "scope"), text_of(first, "scope"));
    EXPECT_TRUE(accepted(text_of(body, "access_token")));
    EXPECT_TRUE(body.contains("id_token"));
  }
}

TEST_F(RefreshTokens, OutlastARestart) {
  restart();
  EXPECT_EQ(refresh(token_text).status, 200);
}

TEST_F(RefreshTokens, AreKeptAsDigestsOnly) {
  const auto record = store.find_refresh_token(sha256_hex(token_text)).value();
  ASSERT_TRUE(record);
  EXPECT_FALSE(store.find_refresh_token(token_text).value());
}

TEST_F(RefreshTokens, GiveASubsetOfTheScopeAndNeverMore) {
  const Json body = json_of(refresh(token_text, {{"scope", kScope}}));
  EXPECT_EQ(text_of(body, "scope"), kScope);
  EXPECT_FALSE(body.contains("id_token"));
  EXPECT_SAYS(refresh(token_text, {{"scope", "openid https://www.googleapis.com/auth/drive"}}),
              "400 invalid_scope");
  EXPECT_EQ(text_of(json_of(refresh(token_text)), "scope"), text_of(first, "scope"))
      << "the grant itself stays whole";
}

TEST_F(RefreshTokens, AreGoodForTheirClientOnly) {
  const auto [id, secret] = make_client();
  EXPECT_SAYS(refresh(token_text, {{"client_id", id}, {"client_secret", secret}}),
              "400 invalid_grant: Bad Request");
  EXPECT_SAYS(refresh(token_text, {{"client_secret", "wrong"}}), "401 invalid_client");
  EXPECT_SAYS(refresh("1//nonsense"), "400 invalid_grant: Bad Request");
  EXPECT_SAYS(refresh(""), "400 invalid_request");
}

TEST_F(RefreshTokens, EndAfterHalfAYear) {
  clock.advance_ms(180LL * 86'400'000);
  EXPECT_SAYS(refresh(token_text), "400 invalid_grant: Token has been expired or revoked.");
  ASSERT_TRUE(service->refresh().ok());
  EXPECT_SAYS(refresh(token_text), "400 invalid_grant: Bad Request");
}

struct RotatedTokens : RefreshTokens {
  RotatedTokens() {
    settings.rotate_refresh_tokens = true;
    restart();
  }
};

TEST_F(RotatedTokens, AreReplacedAtEachUse) {
  const std::string second = text_of(json_of(refresh(token_text)), "refresh_token");
  ASSERT_NE(second, "");
  EXPECT_NE(second, token_text);
  EXPECT_EQ(refresh(second).status, 200);
}

TEST_F(RotatedTokens, OfWhichOneIsUsedTwiceAreAllRevokedWithTheirAccessTokens) {
  const Json second = json_of(refresh(token_text));
  ASSERT_TRUE(accepted(text_of(second, "access_token")));
  EXPECT_SAYS(refresh(token_text), "400 invalid_grant: Token has been expired or revoked.");
  EXPECT_SAYS(refresh(text_of(second, "refresh_token")),
              "400 invalid_grant: Token has been expired or revoked.");
  EXPECT_FALSE(accepted(text_of(second, "access_token")));
  EXPECT_NE(sink.text().find("used again after its rotation"), std::string::npos);
}

TEST_F(RotatedTokens, KeepTheWholeScopeWhenLessWasAskedFor) {
  const std::string second = text_of(json_of(refresh(token_text, {{"scope", kScope}})), "refresh_token");
  EXPECT_EQ(text_of(json_of(refresh(second)), "scope"), text_of(first, "scope"));
}

TEST_F(ConsentTest, RotationCanBeSwitchedOnForOneClientAlone) {
  const auto [id, secret] = make_client(R"(,"rotate_refresh_tokens":true)");
  const Fields who = {{"client_id", id}, {"client_secret", secret}};
  const std::string one =
      code({{"client_id", id}, {"redirect_uri", "https://app.test/cb"}}, {{"admin_token", admin_token}});
  const Json body = json_of(
      exchange(one, {{"client_id", id}, {"client_secret", secret}, {"redirect_uri", "https://app.test/cb"}}));
  EXPECT_TRUE(json_of(refresh(text_of(body, "refresh_token"), who)).contains("refresh_token"));
  EXPECT_SAYS(refresh(text_of(body, "refresh_token"), who), "400 invalid_grant");
}

}  // namespace
}  // namespace moongate
