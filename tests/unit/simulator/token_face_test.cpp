#include "crypto/jwt.h"
#include "http/message.h"
#include "simulator_fixture.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

class TokenFace : public SimulatorTest {
 protected:
  Response grant(const std::string& assertion) {
    return token_request("assertion=" + assertion +
                         "&grant_type=" + url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer"));
  }
  static std::string error(const Response& response) {
    const json::value body = parsed(response.body);
    return std::string(body.at("error").as_string()) + ": " +
           std::string(body.at("error_description").as_string());
  }
};

TEST_F(TokenFace, GivesAnAccessTokenForAnAssertionOfItsKey) {
  const Response response = grant(assertion());
  EXPECT_EQ(response.status, 200);
  const json::value body = parsed(response.body);
  EXPECT_TRUE(body.at("access_token").as_string().starts_with("ya29.sim-"));
  EXPECT_EQ(body.at("expires_in"), 3599);
  EXPECT_EQ(body.at("token_type"), "Bearer");
}

TEST_F(TokenFace, AcceptsTheOldAliasAndGooglesOwnAudience) {
  const std::string form = "grant_type=" + url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") +
                           "&assertion=" + assertion({{"aud", "https://oauth2.googleapis.com/token"}});
  EXPECT_EQ(exchange("POST", "/oauth2/v4/token", {}, form).status, 200);
}

TEST_F(TokenFace, RefusesAnotherKeysSignature) {
  static const RsaPrivateKey stranger = *RsaPrivateKey::generate();
  const std::string payload = decode_jwt(assertion())->payload;
  const Response response = grant(sign_rs256_jwt(stranger, "simulator", payload));
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(error(response), "invalid_grant: Invalid JWT Signature.");
}

TEST_F(TokenFace, BelievesAKeyThatItWasGiven) {
  const auto stranger = RsaPrivateKey::generate();
  Simulator::Options options;
  options.clock = &clock;
  options.service_account_key_pem = test_key_pem();
  options.trusted_public_keys_pem = {stranger->public_key().pem()};
  const auto other = Simulator::start(options);
  ASSERT_TRUE(other.ok());
  TestClient client((*other)->address());
  client.request("POST", "/token", {},
                 "grant_type=" + url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") +
                     "&assertion=" + sign_rs256_jwt(*stranger, "kid", decode_jwt(assertion())->payload));
  EXPECT_EQ(client.receive().status, 200);
}

TEST_F(TokenFace, RefusesClaimsAsGoogleDoes) {
  const std::int64_t now = clock.unix_seconds();
  const std::pair<json::object, const char*> cases[] = {
      {{{"iat", now - 8000}, {"exp", now - 4400}}, "short-lived"},
      {{{"iat", now}, {"exp", now + 365 * 86400}}, "short-lived"},
      {{{"iat", now + 4000}, {"exp", now + 5000}}, "short-lived"},
      {{{"aud", "https://example.com/"}}, "audience"},
      {{{"aud", json::array{"https://oauth2.googleapis.com/token"}}}, "audience"},
      {{{"iss", ""}}, "account not found"},
  };
  for (const auto& [claims, why] : cases) {
    const Response response = grant(assertion(claims));
    EXPECT_EQ(response.status, 400);
    EXPECT_TRUE(error(response).starts_with("invalid_grant: ")) << error(response);
    EXPECT_NE(error(response).find(why), std::string::npos) << error(response);
  }
  EXPECT_TRUE(error(grant(assertion({{"scope", ""}}))).starts_with("invalid_scope"));
}

TEST_F(TokenFace, RefusesWhatIsNoAssertion) {
  for (const char* wrong : {"x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."}) {
    EXPECT_TRUE(error(grant(wrong)).starts_with("invalid_grant")) << wrong;
  }
  EXPECT_TRUE(error(grant("")).starts_with("invalid_request"));
}

TEST_F(TokenFace, KnowsOneGrantOnly) {
  EXPECT_EQ(error(token_request("grant_type=client_credentials")),
            "unsupported_grant_type: Invalid grant_type: client_credentials");
  EXPECT_EQ(error(token_request("")), "unsupported_grant_type: Invalid grant_type: ");
  EXPECT_TRUE(error(token_request("grant_type=a&grant_type=b")).starts_with("invalid_request"));
  EXPECT_EQ(exchange("GET", "/token", {}).status, 405);
}

TEST_F(TokenFace, GivesAnIdTokenForATargetAudience) {
  const json::value body = parsed(grant(assertion({{"target_audience", "https://service.example"}})).body);
  EXPECT_EQ(body.as_object().size(), 1u);
  const auto token = decode_jwt(std::string(body.at("id_token").as_string()));
  ASSERT_TRUE(token.ok());
  EXPECT_TRUE(token->claims.audience_is("https://service.example"));
  EXPECT_EQ(token->claims.issuer, "https://accounts.google.com");
  const json::value keys = parsed(exchange("GET", "/oauth2/v3/certs", {}).body).at("keys");
  const auto key = RsaPublicKey::from_jwk(keys.at(0).at("n").as_string(), keys.at(0).at("e").as_string());
  ASSERT_TRUE(key.ok());
  EXPECT_TRUE(verify_rs256(*token, *key));
}

TEST_F(TokenFace, FailsByStandingFaultsAsOftenAsToldTo) {
  ASSERT_EQ(control("POST", "faults", "/token status=503 error=backend_error times=2\n").status, 200);
  EXPECT_EQ(grant(assertion()).status, 503);
  EXPECT_TRUE(error(grant(assertion())).starts_with("backend_error"));
  EXPECT_EQ(grant(assertion()).status, 200);
}

TEST_F(TokenFace, ItsKeyFileIsWhatGoogleWouldIssue) {
  const json::value file = parsed(simulator->service_account_json());
  EXPECT_EQ(file.at("type"), "service_account");
  EXPECT_EQ(file.at("token_uri"), json::value(simulator->url() + "/token"));
  EXPECT_EQ(file.at("private_key"), json::value(simulator->service_account_private_key_pem()));
  EXPECT_EQ(file.at("universe_domain"), "googleapis.com");
}

}  // namespace
}  // namespace moongate::sim
