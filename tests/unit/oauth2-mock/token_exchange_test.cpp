#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

constexpr char kExchange[] = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr char kIdToken[] = "urn:ietf:params:oauth:token-type:id_token";
constexpr char kJwt[] = "urn:ietf:params:oauth:token-type:jwt";
constexpr char kAccessToken[] = "urn:ietf:params:oauth:token-type:access_token";

struct TokenExchange : OAuthTest {
  IssuedAccount account = make_account();

  HttpResponse exchange(const std::string& subject, const std::string& type = kJwt,
                        const std::vector<std::pair<std::string, std::string>>& more = {}) {
    std::vector<std::pair<std::string, std::string>> form = {
        {"grant_type", kExchange}, {"subject_token", subject}, {"subject_token_type", type}};
    form.insert(form.end(), more.begin(), more.end());
    return token(form);
  }
  Json external_file(const IssuedAccount& of) {
    const HttpResponse made = admin("POST", std::string(kAccountsPath) + "/" + of.id + "/external-account");
    EXPECT_EQ(made.status, 200) << made.body;
    return json_of(made);
  }
  // What a library does with the file: fetches the subject token from its credential_source.
  HttpResponse fetch_subject(const Json& file) {
    const Json& source = file.at("credential_source").as_object();
    const std::string url = text_of(source, "url");
    const std::string base = settings.url("");
    EXPECT_TRUE(url.starts_with(base)) << url;
    return get(url.substr(base.size()),
               {{"Authorization", text_of(source.at("headers").as_object(), "Authorization")}});
  }
};

TEST_F(TokenExchange, AnExternalAccountFileLeadsToAnAccessToken) {
  const Json file = external_file(account);
  EXPECT_EQ(text_of(file, "type"), "external_account");
  EXPECT_EQ(text_of(file, "token_url"), "http://gate.test:8889/token");
  EXPECT_EQ(text_of(file, "universe_domain"), "moongate.internal");
  const Json& format = file.at("credential_source").as_object().at("format").as_object();
  const HttpResponse fetched = fetch_subject(file);
  ASSERT_EQ(fetched.status, 200) << fetched.body;
  const std::string subject = text_of(json_of(fetched), text_of(format, "subject_token_field_name"));
  // As Node's library asks.
  const HttpResponse response = exchange(
      subject, text_of(file, "subject_token_type"),
      {{"audience", text_of(file, "audience")}, {"requested_token_type", kAccessToken}, {"scope", kScope}});
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = json_of(response);
  EXPECT_EQ(text_of(body, "issued_token_type"), kAccessToken);
  EXPECT_EQ(text_of(body, "token_type"), "Bearer");
  const VerifiedToken verified = service->verifier().verify(text_of(body, "access_token"), now()).value();
  EXPECT_EQ(verified.account->email, account.email);
  EXPECT_EQ(verified.scope, kScope);
}

TEST_F(TokenExchange, ANewExternalAccountFileEndsTheOneBefore) {
  const Json before = external_file(account), after = external_file(account);
  EXPECT_SAYS(fetch_subject(before), "401 invalid_token");
  EXPECT_EQ(fetch_subject(after).status, 200);
}

TEST_F(TokenExchange, ASubjectTokenIsForTheFilesOwnerOnly) {
  const Json file = external_file(account);
  const IssuedAccount other = make_account("other");
  const std::string good =
      text_of(file.at("credential_source").as_object().at("headers").as_object(), "Authorization");
  for (const std::string& header :
       {std::string(), std::string("Bearer mgx-"), std::string("Bearer mgx--"), good + "x",
        good.substr(0, good.size() - 1), "Bearer mgx-" + other.id + "-" + good.substr(good.rfind('-') + 1),
        "Bearer mgx-" + other.id + "-"}) {
    EXPECT_SAYS(get("/external-account/subject-token", {{"Authorization", header}}), "401 invalid_token");
  }
  ASSERT_EQ(admin("POST", std::string(kAccountsPath) + "/" + account.id + "/disable").status, 200);
  EXPECT_SAYS(fetch_subject(file), "403 disabled_client");
}

TEST_F(TokenExchange, ASelfSignedJwtForUsIsASubjectTokenToo) {
  const HttpResponse response = exchange(assertion(account));
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(text_of(json_of(response), "scope"), kScope);
}

TEST_F(TokenExchange, ATokenForSomebodyElseCannotBeTurnedIntoOneForUs) {
  const std::string id_token =
      text_of(json_of(assert_grant(
                  assertion(account, {{"scope", nullptr}, {"target_audience", "https://service.test"}}))),
              "id_token");
  ASSERT_NE(id_token, "");
  EXPECT_SAYS(exchange(id_token, kIdToken), "400 invalid_grant: The audience");
  EXPECT_SAYS(exchange(id_token, kIdToken, {{"audience", "https://service.test"}}),
              "400 invalid_grant: The audience");
  EXPECT_SAYS(exchange(assertion(account, {{"aud", "https://aiplatform.googleapis.com/"}})),
              "400 invalid_grant: The audience");
  EXPECT_SAYS(exchange(assertion(account, {{"aud", nullptr}})), "400 invalid_grant: The audience");
}

TEST_F(TokenExchange, AnotherAccountsProviderIsNotAnAudience) {
  const IssuedAccount other = make_account("other");
  const std::string others = text_of(external_file(other), "audience");
  EXPECT_SAYS(exchange(assertion(account, {{"aud", others}})), "400 invalid_grant: The audience");
  EXPECT_EQ(exchange(assertion(account, {{"aud", text_of(external_file(account), "audience")}})).status, 200);
}

TEST_F(TokenExchange, RefusesForgedExpiredAndForeignSubjectTokens) {
  const std::string subject = text_of(json_of(fetch_subject(external_file(account))), "id_token");
  const DecodedJwt jwt = decode_jwt(subject).value();
  EXPECT_SAYS(exchange(sign_rs256_jwt(account.key, jwt.key_id, jwt.payload), kIdToken), "400 invalid_grant");
  EXPECT_SAYS(exchange(sign_rs256_jwt(account.key, account.key_id, jwt.payload), kIdToken),
              "400 invalid_grant");
  EXPECT_SAYS(exchange("a.b.c"), "400 invalid_grant: The subject token cannot be read");
  EXPECT_EQ(exchange(subject, kIdToken).status, 200);
  clock.advance_ms(3'600'000 + 301'000);
  EXPECT_SAYS(exchange(subject, kIdToken), "400 invalid_grant: ID Token is stale");
}

TEST_F(TokenExchange, RefusesADisabledAccount) {
  const std::string subject = text_of(json_of(fetch_subject(external_file(account))), "id_token");
  ASSERT_EQ(admin("POST", std::string(kAccountsPath) + "/" + account.id + "/disable").status, 200);
  EXPECT_SAYS(exchange(subject, kIdToken), "disabled_client");
  EXPECT_SAYS(exchange(assertion(account)), "disabled_client");
}

TEST_F(TokenExchange, RefusesParametersThatItDoesNotKnow) {
  const std::string good = assertion(account);
  EXPECT_SAYS(exchange(""), "400 invalid_request: Missing required parameter: subject_token");
  EXPECT_SAYS(exchange(good, ""), "400 invalid_request: Missing required parameter: subject_token_type");
  for (const char* type : {"jwt", "urn:ietf:params:oauth:token-type:saml2", kAccessToken}) {
    EXPECT_SAYS(exchange(good, type), "400 invalid_request: Invalid value for \"subject_token_type\"");
  }
  EXPECT_SAYS(exchange(good, kJwt, {{"requested_token_type", kIdToken}}), "400 invalid_request");
  EXPECT_SAYS(exchange(good, kJwt, {{"actor_token", "x"}}), "400 invalid_request");
  EXPECT_SAYS(exchange(good, kJwt, {{"scope", "a\\b"}}), "400 invalid_scope");
}

}  // namespace
}  // namespace moongate
