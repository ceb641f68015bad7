#include "unit/oauth2-mock/consent_fixture.h"

namespace moongate {
namespace {

struct Inspection : ConsentTest {
  IssuedAccount account = make_account();
  std::string bearer = access_token(account);
  HeaderList as_bearer = {{"Authorization", "Bearer " + bearer}};

  std::string id_token() {
    return text_of(json_of(assert_grant(assertion(
                       account, {{"scope", nullptr}, {"target_audience", "https://service.test"}}))),
                   "id_token");
  }
  HttpResponse introspect(const std::string& text, const std::string& id = "test",
                          const std::string& secret = "test") {
    return token({{"token", text}, {"client_id", id}, {"client_secret", secret}}, "/oauth2/v2/introspect");
  }
};

TEST_F(Inspection, TokeninfoV3TellsEverythingAsStrings) {
  clock.advance_ms(10'000);
  const Json body = json_of(get("/tokeninfo?access_token=" + bearer));
  EXPECT_EQ(text_of(body, "azp"), account.id);
  EXPECT_EQ(text_of(body, "aud"), account.id);
  EXPECT_EQ(text_of(body, "sub"), account.id);
  EXPECT_EQ(text_of(body, "scope"), kScope);
  EXPECT_EQ(text_of(body, "expires_in"), "3589");
  EXPECT_EQ(text_of(body, "exp"), std::to_string(now() + 3589));
  EXPECT_EQ(text_of(body, "email"), account.email);
  EXPECT_EQ(text_of(body, "email_verified"), "true");
}

TEST_F(Inspection, TokeninfoV1HasItsOwnNamesAndNumbers) {
  const Json body = json_of(get("/oauth2/v1/tokeninfo?access_token=" + bearer));
  EXPECT_EQ(text_of(body, "issued_to"), account.id);
  EXPECT_EQ(text_of(body, "audience"), account.id);
  EXPECT_EQ(text_of(body, "user_id"), account.id);
  EXPECT_EQ(text_of(body, "access_type"), "online");
  EXPECT_EQ(body.at("expires_in").as_int64(), 3599);
}

TEST_F(Inspection, TokeninfoTakesTheTokenWhereverGoogleDoes) {
  EXPECT_EQ(get("/oauth2/v3/tokeninfo?access_token=" + bearer).status, 200);
  EXPECT_EQ(send("POST", "/tokeninfo", "access_token=" + bearer).status, 200);
  EXPECT_EQ(send("POST", "/tokeninfo?access_token=" + bearer).status, 200);
  EXPECT_EQ(send("POST", "/tokeninfo", "", as_bearer).status, 200) << "as Node's library asks";
  EXPECT_EQ(get("/tokeninfo", as_bearer).status, 200);
}

TEST_F(Inspection, TokeninfoOfAnIdTokenGivesItsClaimsAsStrings) {
  const Json body = json_of(get("/tokeninfo?id_token=" + id_token()));
  EXPECT_EQ(text_of(body, "aud"), "https://service.test");
  EXPECT_EQ(text_of(body, "email_verified"), "true");
  EXPECT_EQ(text_of(body, "exp"), std::to_string(now() + 3600));
  EXPECT_EQ(text_of(body, "alg"), "RS256");
  EXPECT_EQ(text_of(body, "typ"), "JWT");
  EXPECT_EQ(text_of(body, "kid").size(), 40U);
}

TEST_F(Inspection, TokeninfoOfABadTokenIsInvalidTokenAndRepeatsNothing) {
  const std::string expired = bearer;
  clock.advance_ms(3'600'000);
  for (const std::string& query : {std::string("access_token=hunter2"), "access_token=" + expired,
                                   std::string("id_token=hunter2"), "id_token=" + assertion(account)}) {
    const HttpResponse response = get("/tokeninfo?" + query);
    EXPECT_EQ(told(response), "400 invalid_token: Invalid Value");
    EXPECT_EQ(response.body.find("hunter2"), std::string::npos);
  }
  EXPECT_SAYS(get("/tokeninfo"),
              "400 invalid_request: either access_token, id_token, or token_handle required");
}

TEST_F(Inspection, UserinfoSaysWhoTheBearerIs) {
  EXPECT_EQ(text_of(json_of(get("/oauth2/v3/userinfo", as_bearer)), "sub"), account.id);
  EXPECT_EQ(text_of(json_of(get("/oauth2/v3/userinfo", as_bearer)), "email"), account.email);
  EXPECT_EQ(text_of(json_of(get("/oauth2/v2/userinfo", as_bearer)), "id"), account.id);
  EXPECT_EQ(text_of(json_of(get("/v1/userinfo?access_token=" + bearer)), "sub"), account.id);
  const HttpResponse refused = get("/oauth2/v3/userinfo", {{"Authorization", "Bearer nonsense"}});
  EXPECT_SAYS(refused, "401 invalid_request: Invalid Credentials");
  EXPECT_TRUE(find_header(refused.headers, "WWW-Authenticate").starts_with("Bearer"));
}

TEST_F(Inspection, IntrospectionNeedsAClientWithASecret) {
  EXPECT_SAYS(introspect(bearer, "test", "wrong"), "401 invalid_client");
  EXPECT_SAYS(token({{"token", bearer}}, "/oauth2/v2/introspect"), "400 invalid_request");
  const auto [id, secret] = make_client(R"(,"public":true)");
  EXPECT_SAYS(introspect(bearer, id, ""), "401 invalid_client");
}

TEST_F(Inspection, IntrospectionTellsWhatATokenIs) {
  const Json access = json_of(introspect(bearer));
  EXPECT_TRUE(access.at("active").as_bool());
  EXPECT_EQ(text_of(access, "scope"), kScope);
  EXPECT_EQ(text_of(access, "sub"), account.id);
  EXPECT_EQ(text_of(access, "username"), account.email);
  EXPECT_EQ(access.at("exp").as_int64(), now() + 3599);
  EXPECT_EQ(text_of(json_of(introspect(id_token())), "aud"), "https://service.test");
  const std::string refresh_token = text_of(json_of(exchange(code())), "refresh_token");
  EXPECT_EQ(text_of(json_of(introspect(refresh_token)), "token_type"), "refresh_token");
}

TEST_F(Inspection, IntrospectionOfABadOrForeignTokenSaysInactiveAndNothingElse) {
  const std::string refresh_token = text_of(json_of(exchange(code())), "refresh_token");
  const auto [id, secret] = make_client();
  EXPECT_EQ(introspect("nonsense").body, R"({"active":false})");
  EXPECT_EQ(introspect(refresh_token, id, secret).body, R"({"active":false})");
  clock.advance_ms(3'600'000);
  EXPECT_EQ(introspect(bearer).body, R"({"active":false})");
}

TEST_F(Inspection, ARevokedAccessTokenIsRefusedAtOnceAndByEveryFace) {
  ASSERT_TRUE(accepted(bearer));
  const std::size_t before = published.size();
  // Node's library sends a POST with the token in the query.
  EXPECT_EQ(send("POST", "/revoke?token=" + bearer).body, "{}");
  EXPECT_FALSE(accepted(bearer));
  EXPECT_EQ(published.size(), before + 1) << "workers were told";
  EXPECT_SAYS(get("/tokeninfo?access_token=" + bearer), "400 invalid_token");
  EXPECT_EQ(introspect(bearer).body, R"({"active":false})");
  EXPECT_SAYS(token({{"token", bearer}}, "/revoke"), "400 invalid_token");
  EXPECT_TRUE(accepted(access_token(account))) << "others stay";
}

TEST_F(Inspection, RevocationOutlastsARestart) {
  ASSERT_EQ(token({{"token", bearer}}, "/revoke").status, 200);
  restart();
  EXPECT_FALSE(accepted(bearer));
}

TEST_F(Inspection, RevokingARefreshTokenTakesItsAccessTokensAlongAndTheOtherWayRound) {
  const Json one = json_of(exchange(code())), two = json_of(exchange(code()));
  ASSERT_EQ(token({{"token", text_of(one, "refresh_token")}}, "/o/oauth2/revoke").status, 200);
  EXPECT_FALSE(accepted(text_of(one, "access_token")));
  ASSERT_EQ(token({{"token", text_of(two, "access_token")}}, "/revoke").status, 200);
  EXPECT_SAYS(refresh(text_of(two, "refresh_token")),
              "400 invalid_grant: Token has been expired or revoked.");
  EXPECT_TRUE(accepted(bearer));
}

TEST_F(Inspection, RevokingWhatIsNoTokenIsInvalidToken) {
  EXPECT_SAYS(token({{"token", "nonsense"}}, "/revoke"), "400 invalid_token");
  EXPECT_SAYS(token({{"x", "y"}}, "/revoke"), "400 invalid_request");
  EXPECT_SAYS(token({{"token", "a"}, {"token", "b"}}, "/revoke"), "400 invalid_request");
}

}  // namespace
}  // namespace moongate
