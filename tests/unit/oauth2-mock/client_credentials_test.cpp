#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

struct ClientCredentials : OAuthTest {
  HttpResponse ask(const std::string& id, const std::string& secret) {
    return token({{"grant_type", "client_credentials"}, {"client_id", id}, {"client_secret", secret}});
  }
};

TEST_F(ClientCredentials, WorkForTheDemonstrationClientInTheDemonstrationConfiguration) {
  const HttpResponse response = send("POST", "/accounts.google.com/oauth2/token",
                                     "grant_type=client_credentials&client_id=test&client_secret=test");
  ASSERT_EQ(response.status, 200) << response.body;
  const VerifiedToken verified =
      service->verifier().verify(text_of(json_of(response), "access_token"), now()).value();
  EXPECT_EQ(verified.account, nullptr);
  EXPECT_EQ(verified.client_id, "test");
  EXPECT_EQ(verified.scope, kScope);
}

TEST_F(ClientCredentials, OfTheDemonstrationClientAreUnknownElsewhere) {
  const std::string before = text_of(json_of(ask("test", "test")), "access_token");
  settings.demo_client = false;
  restart();
  EXPECT_SAYS(ask("test", "test"), "401 invalid_client: The OAuth client was not found.");
  EXPECT_FALSE(accepted(before));
}

TEST_F(ClientCredentials, WorkForAClientOfTheStoreInTheFormAndAsBasicAuthentication) {
  const auto [id, secret] = make_client();
  EXPECT_EQ(ask(id, secret).status, 200);
  const HttpResponse response =
      token({{"grant_type", "client_credentials"}, {"scope", "b a b"}}, "/token",
            {{"Authorization", "basic " + base64_encode(url_encode(id) + ":" + secret)}});
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(text_of(json_of(response), "scope"), "b a");
}

TEST_F(ClientCredentials, NeedTheSecret) {
  const auto [id, secret] = make_client();
  EXPECT_SAYS(ask(id, secret + "x"), "401 invalid_client: Unauthorized");
  EXPECT_SAYS(ask(id, ""), "401 invalid_client: client_secret is missing.");
  EXPECT_SAYS(ask("nobody", secret), "401 invalid_client: The OAuth client was not found.");
  EXPECT_SAYS(ask("test", "wrong"), "401 invalid_client");
  EXPECT_SAYS(ask("", secret), "400 invalid_request: Could not determine client ID from request.");
  const HttpResponse basic = token({{"grant_type", "client_credentials"}}, "/token",
                                   {{"Authorization", "Basic " + base64_encode(id + ":wrong")}});
  EXPECT_SAYS(basic, "401 invalid_client: Unauthorized");
  EXPECT_TRUE(find_header(basic.headers, "WWW-Authenticate").starts_with("Basic"));
}

TEST_F(ClientCredentials, RefuseAClientThatAuthenticatesTwiceOrNotUnderstandably) {
  const auto [id, secret] = make_client();
  const HeaderList basic = {{"Authorization", "Basic " + base64_encode(id + ":" + secret)}};
  EXPECT_SAYS(token({{"grant_type", "client_credentials"}, {"client_id", id}, {"client_secret", secret}},
                    "/token", basic),
              "400 invalid_request");
  EXPECT_SAYS(token({{"grant_type", "client_credentials"}, {"client_id", "other"}}, "/token", basic),
              "400 invalid_request");
  for (const char* text : {"Basic ", "Basic !!", "Basic bm9jb2xvbg=="}) {
    EXPECT_SAYS(token({{"grant_type", "client_credentials"}}, "/token", {{"Authorization", text}}),
                "401 invalid_client");
  }
}

TEST_F(ClientCredentials, OfADisabledClientAreRefusedAndSoAreItsTokens) {
  const auto [id, secret] = make_client();
  const std::string before = text_of(json_of(ask(id, secret)), "access_token");
  EXPECT_TRUE(accepted(before));
  ASSERT_EQ(admin("PATCH", std::string(kClientsPath) + "/" + id, R"({"enabled":false})").status, 200);
  EXPECT_SAYS(ask(id, secret), "401 disabled_client");
  EXPECT_FALSE(accepted(before));
  ASSERT_EQ(admin("PATCH", std::string(kClientsPath) + "/" + id, R"({"enabled":true})").status, 200);
  EXPECT_TRUE(accepted(before));
  ASSERT_EQ(admin("DELETE", std::string(kClientsPath) + "/" + id).status, 204);
  EXPECT_SAYS(ask(id, secret), "401 invalid_client");
  EXPECT_FALSE(accepted(before));
}

TEST_F(ClientCredentials, AreNotForAClientWithoutASecret) {
  const auto [id, secret] = make_client(R"(,"public":true)");
  EXPECT_EQ(secret, "");
  EXPECT_SAYS(ask(id, ""), "401 unauthorized_client");
  EXPECT_SAYS(ask(id, "guess"), "401 invalid_client");
}

TEST_F(ClientCredentials, RefuseAnImpossibleScope) {
  EXPECT_SAYS(token({{"grant_type", "client_credentials"},
                     {"client_id", "test"},
                     {"client_secret", "test"},
                     {"scope", "a\\b"}}),
              "400 invalid_scope");
}

}  // namespace
}  // namespace moongate
