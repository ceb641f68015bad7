#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

struct JwtBearer : OAuthTest {
  IssuedAccount account = make_account();

  std::string with_header(const std::string& header, const Json& claims,
                          const std::string& key_pem = "") const {
    const std::string signed_part =
        base64url_encode(header) + "." + base64url_encode(boost::json::serialize(claims));
    const std::string signature =
        key_pem.empty() ? account.key.sign_rs256(signed_part) : hmac_sha256(key_pem, signed_part);
    return signed_part + "." + base64url_encode(signature);
  }
};

TEST_F(JwtBearer, GivesAnAccessTokenThatTheGatewayAccepts) {
  const HttpResponse response = assert_grant(assertion(account));
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = json_of(response);
  EXPECT_EQ(body.size(), 3U);
  EXPECT_EQ(text_of(body, "token_type"), "Bearer");
  EXPECT_EQ(body.at("expires_in").as_int64(), 3599);
  const VerifiedToken verified = service->verifier().verify(text_of(body, "access_token"), now()).value();
  EXPECT_EQ(verified.account->email, account.email);
  EXPECT_EQ(verified.scope, kScope);
  EXPECT_EQ(verified.expires_at_s, now() + 3599);
  EXPECT_EQ(find_header(response.headers, "Cache-Control"), "no-cache, no-store, max-age=0, must-revalidate");
  EXPECT_TRUE(find_header(response.headers, "Content-Type").starts_with("application/json"));
}

TEST_F(JwtBearer, IsServedUnderEverySpellingOfTheTokenEndpoint) {
  for (const char* path : {"/token", "/accounts.google.com/oauth2/token", "/oauth2/v4/token",
                           "/o/oauth2/token", "/accounts.google.com/o/oauth2/token",
                           "/www.googleapis.com/oauth2/v4/token", "/oauth2.googleapis.com/token"}) {
    EXPECT_EQ(token({{"grant_type", kJwtBearer}, {"assertion", assertion(account)}}, path).status, 200)
        << path;
  }
}

TEST_F(JwtBearer, AcceptsEverySpellingOfTheAudience) {
  for (const char* aud :
       {"http://gate.test:8889/token", "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token",
        "http://gate.test:8889/accounts.google.com/oauth2/token"}) {
    EXPECT_EQ(assert_grant(assertion(account, {{"aud", aud}})).status, 200) << aud;
  }
}

TEST_F(JwtBearer, AcceptsNodesHeaderWithoutKidAndTyp) {
  EXPECT_EQ(assert_grant(with_header(R"({"alg":"RS256"})", assertion_claims(account))).status, 200);
}

TEST_F(JwtBearer, AcceptsPythonsPaddedSegments) {
  auto padded = [](std::string text) {
    text = base64url_encode(text);
    while (text.size() % 4 != 0) text += '=';
    return text;
  };
  const std::string signed_part = padded(R"({"typ": "JWT", "alg": "RS256"})") + "." +
                                  padded(boost::json::serialize(assertion_claims(account)) + " ");
  EXPECT_EQ(assert_grant(signed_part + "." + padded(account.key.sign_rs256(signed_part))).status, 200);
}

TEST_F(JwtBearer, GivesAnIdTokenAndNothingElseForATargetAudience) {
  const HttpResponse response =
      assert_grant(assertion(account, {{"scope", nullptr}, {"target_audience", "https://service.test"}}));
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = json_of(response);
  EXPECT_EQ(body.size(), 1U);
  const Json claims = verified_claims(text_of(body, "id_token"));
  EXPECT_EQ(text_of(claims, "aud"), "https://service.test");
  EXPECT_EQ(text_of(claims, "iss"), "https://accounts.google.com");
  EXPECT_EQ(text_of(claims, "sub"), account.id);
  EXPECT_EQ(text_of(claims, "azp"), account.id);
  EXPECT_EQ(text_of(claims, "email"), account.email);
  EXPECT_TRUE(claims.at("email_verified").as_bool());
  EXPECT_EQ(claims.at("exp").as_int64() - claims.at("iat").as_int64(), 3600);
}

TEST_F(JwtBearer, GivesNoIdTokenForTheOpenidScopeAlone) {
  const Json body = json_of(assert_grant(assertion(account, {{"scope", "openid email"}})));
  EXPECT_FALSE(body.contains("id_token"));
  EXPECT_TRUE(body.contains("access_token"));
}

TEST_F(JwtBearer, ToleratesClocksThatAreFiveMinutesOff) {
  EXPECT_EQ(assert_grant(assertion(account, {{"iat", now() + 300}, {"exp", now() + 3900}})).status, 200);
  EXPECT_EQ(assert_grant(assertion(account, {{"iat", now() - 3600}, {"exp", now() - 299}})).status, 200);
}

TEST_F(JwtBearer, RefusesAlgNone) {
  const std::string unsigned_token = base64url_encode(R"({"alg":"none"})") + "." +
                                     base64url_encode(boost::json::serialize(assertion_claims(account))) +
                                     ".";
  EXPECT_SAYS(assert_grant(unsigned_token), "400 invalid_grant: Invalid JWT Signature.");
}

TEST_F(JwtBearer, RefusesHs256WithThePublicKey) {
  for (const char* header : {R"({"alg":"HS256"})", R"({"alg":"RS256"})"}) {
    EXPECT_SAYS(assert_grant(with_header(header, assertion_claims(account), account.key.public_key().pem())),
                "400 invalid_grant: Invalid JWT Signature.");
  }
}

TEST_F(JwtBearer, RefusesAWrongKidAnotherAccountsKidAndAnotherAccountsSignature) {
  const IssuedAccount other = make_account("other");
  const std::string payload = boost::json::serialize(assertion_claims(account));
  for (const std::string& assertion :
       {sign_rs256_jwt(account.key, std::string(40, '0'), payload),
        sign_rs256_jwt(account.key, other.key_id, payload), sign_rs256_jwt(other.key, other.key_id, payload),
        sign_rs256_jwt(other.key, account.key_id, payload)}) {
    EXPECT_SAYS(assert_grant(assertion), "400 invalid_grant: Invalid JWT Signature.");
  }
}

TEST_F(JwtBearer, RefusesAnUnknownAccount) {
  EXPECT_SAYS(assert_grant(assertion(account, {{"iss", "nobody@alias.iam.gserviceaccount.com"}})),
              "400 invalid_grant: Invalid grant: account not found");
  EXPECT_SAYS(assert_grant(assertion(account, {{"iss", nullptr}})), "account not found");
}

TEST_F(JwtBearer, RefusesADisabledAccountAndADeletedOne) {
  ASSERT_EQ(admin("POST", std::string(kAccountsPath) + "/" + account.id + "/disable").status, 200);
  EXPECT_SAYS(assert_grant(assertion(account)), "400 disabled_client");
  ASSERT_EQ(admin("DELETE", std::string(kAccountsPath) + "/" + account.id).status, 204);
  EXPECT_SAYS(assert_grant(assertion(account)), "account not found");
}

TEST_F(JwtBearer, RefusesAWrongAudienceNoneAndAList) {
  for (const boost::json::value& aud :
       {boost::json::value("https://example.test/token"), boost::json::value(nullptr), boost::json::value(""),
        boost::json::value("http://gate.test:8889/token/"),
        boost::json::value(boost::json::array{"http://gate.test:8889/token"})}) {
    EXPECT_SAYS(assert_grant(assertion(account, {{"aud", aud}})),
                "400 invalid_grant: Invalid JWT: Failed audience check. The right audience is "
                "http://gate.test:8889/token");
  }
}

TEST_F(JwtBearer, RefusesAnExpiredAssertionOneFromTheFutureOneForAYearAndOneWithoutTimes) {
  const Json cases[] = {{{"iat", now() - 7200}, {"exp", now() - 3600}},
                        {{"iat", now() + 301}, {"exp", now() + 3600}},
                        {{"exp", now() + 31'536'000}},
                        {{"exp", nullptr}},
                        {{"iat", nullptr}},
                        {{"iat", now()}, {"exp", now()}}};
  for (const Json& changes : cases) {
    EXPECT_SAYS(assert_grant(assertion(account, changes)),
                "400 invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes)");
  }
}

TEST_F(JwtBearer, RefusesDelegationToSomebodyElse) {
  EXPECT_SAYS(assert_grant(assertion(account, {{"sub", "boss@example.com"}})), "401 unauthorized_client");
  EXPECT_EQ(assert_grant(assertion(account, {{"sub", account.email}})).status, 200);
}

TEST_F(JwtBearer, RefusesAnAssertionWithoutScopeOrWithAnImpossibleOne) {
  for (const boost::json::value& scope :
       {boost::json::value(nullptr), boost::json::value(""), boost::json::value("   "),
        boost::json::value("a\"b"), boost::json::value("\n"), boost::json::value(std::string(5000, 's'))}) {
    EXPECT_SAYS(assert_grant(assertion(account, {{"scope", scope}})),
                "400 invalid_scope: Invalid OAuth scope or ID token audience provided.");
  }
}

TEST_F(JwtBearer, RefusesWhatIsNoJwtAndRepeatsNothingOfIt) {
  const std::string good = assertion(account);
  for (const std::string& text :
       {std::string("hunter2"), std::string("a.b.c"), std::string("hunter2.hunter2.hunter2"), good + ".x",
        good.substr(0, good.rfind('.')), std::string(20000, 'x'), good + "\n"}) {
    const HttpResponse response = assert_grant(text);
    EXPECT_SAYS(response, "400 invalid_grant: Invalid JWT: ");
    EXPECT_EQ(response.body.find("hunter2"), std::string::npos);
  }
  EXPECT_SAYS(assert_grant(""), "400 invalid_request: Missing required parameter: assertion");
}

TEST_F(JwtBearer, RefusesAChangedClaim) {
  std::string text = assertion(account);
  const std::size_t payload = text.find('.') + 1;
  const std::string changed = boost::json::serialize(assertion_claims(account, {{"scope", "more"}}));
  text.replace(payload, text.rfind('.') - payload, base64url_encode(changed));
  EXPECT_SAYS(assert_grant(text), "Invalid JWT Signature.");
}

TEST_F(JwtBearer, StillWorksAfterARestartAndWithTheMasterKeyTokensDo) {
  const std::string before = access_token(account);
  restart();
  EXPECT_TRUE(accepted(before));
  EXPECT_EQ(assert_grant(assertion(account)).status, 200);
}

TEST_F(OAuthTest, AnUnknownGrantTypeIsNamedAsGoogleDoes) {
  EXPECT_SAYS(token({{"grant_type", "password"}}),
              "400 unsupported_grant_type: Invalid grant_type: password");
  EXPECT_EQ(told(token({{"x", "1"}})), "400 unsupported_grant_type: Invalid grant_type: ");
  EXPECT_EQ(told(send("POST", "/token", "")), "400 unsupported_grant_type: Invalid grant_type: ");
  EXPECT_EQ(told(send("POST", "/token", R"({"grant_type":"refresh_token"})")),
            "400 unsupported_grant_type: Invalid grant_type: ");
}

TEST_F(OAuthTest, AParameterGivenTwiceIsAnInvalidRequest) {
  EXPECT_SAYS(token({{"grant_type", kJwtBearer}, {"grant_type", kJwtBearer}}),
              "400 invalid_request: OAuth 2 parameters can only have a single value: grant_type");
  EXPECT_SAYS(token({{"grant_type", "client_credentials"},
                     {"client_id", "test"},
                     {"client_id", "test"},
                     {"client_secret", "test"}}),
              "single value: client_id");
}

TEST_F(OAuthTest, AVeryLongRequestIsRefused) {
  EXPECT_SAYS(send("POST", "/token", "assertion=" + std::string(200'000, 'a')), "413 invalid_request");
}

TEST_F(OAuthTest, TheTokenEndpointTakesPostOnly) {
  const HttpResponse response = get("/token?grant_type=client_credentials&client_id=test&client_secret=test");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(find_header(response.headers, "Allow"), "POST");
}

}  // namespace
}  // namespace moongate
