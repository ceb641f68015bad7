#include <set>

#include "unit/oauth2-mock/oauth_fixture.h"

namespace moongate {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

struct Discovery : OAuthTest {
  std::set<std::string> key_ids() {
    std::set<std::string> ids;
    for (const auto& [id, pem] : json_of(get("/oauth2/v1/certs"))) ids.emplace(id);
    return ids;
  }
  std::string signing_key_id(const IssuedAccount& account) {
    const HttpResponse made =
        assert_grant(assertion(account, {{"scope", nullptr}, {"target_audience", "x"}}));
    return decode_jwt(text_of(json_of(made), "id_token")).value().key_id;
  }
};

TEST_F(Discovery, NamesEndpointsThatExist) {
  for (const char* path :
       {"/.well-known/openid-configuration", "/accounts.google.com/.well-known/openid-configuration"}) {
    const Json body = json_of(get(path));
    EXPECT_EQ(text_of(body, "issuer"), "https://accounts.google.com");
    EXPECT_EQ(body.at("code_challenge_methods_supported").as_array().size(), 2U);
    for (const char* name : {"authorization_endpoint", "token_endpoint", "userinfo_endpoint",
                             "revocation_endpoint", "introspection_endpoint", "jwks_uri"}) {
      const std::string url = text_of(body, name);
      ASSERT_TRUE(url.starts_with("http://gate.test:8889/")) << name;
      EXPECT_TRUE(service->serves(request("GET", url.substr(21)))) << url;
    }
  }
}

TEST_F(Discovery, PublishesTheSameKeysAsCertificatesAndAsAJwkSet) {
  const HttpResponse v1 = get("/accounts.google.com/oauth2/v1/certs");
  const Json certificates = json_of(v1);
  const Json v3 = json_of(get("/oauth2/v3/certs"));
  ASSERT_EQ(certificates.size(), 1U);
  const Json& jwk = v3.at("keys").as_array().at(0).as_object();
  const std::string pem = text_of(certificates, text_of(jwk, "kid"));
  EXPECT_TRUE(pem.starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_EQ(RsaPublicKey::from_pem(pem)->pem(),
            RsaPublicKey::from_jwk(text_of(jwk, "n"), text_of(jwk, "e"))->pem());
  EXPECT_EQ(text_of(jwk, "kty"), "RSA");
  EXPECT_EQ(text_of(jwk, "alg"), "RS256");
  EXPECT_EQ(text_of(jwk, "use"), "sig");
  EXPECT_TRUE(find_header(v1.headers, "Cache-Control").starts_with("public, max-age=3600"));
  EXPECT_EQ(find_header(v1.headers, "Pragma"), "");
}

TEST_F(Discovery, PublishesNothingPrivate) {
  for (const char* path : {"/oauth2/v1/certs", "/oauth2/v3/certs"}) {
    const std::string body = get(path).body;
    EXPECT_EQ(body.find("PRIVATE"), std::string::npos);
    EXPECT_EQ(body.find("\"d\""), std::string::npos);
  }
}

TEST_F(Discovery, GivesTheKeyOfAVirtualAccountAsCertificateAndJwk) {
  const IssuedAccount account = make_account();
  for (const std::string& name : {account.email, url_encode(account.email)}) {
    const Json certificates = json_of(get("/robot/v1/metadata/x509/" + name));
    EXPECT_EQ(RsaPublicKey::from_pem(text_of(certificates, account.key_id))->pem(),
              account.key.public_key().pem());
    for (const char* path : {"/robot/v1/metadata/jwk/", "/service_accounts/v1/jwk/"}) {
      const Json set = json_of(get(path + name));
      EXPECT_EQ(text_of(set.at("keys").as_array().at(0).as_object(), "kid"), account.key_id);
    }
  }
  EXPECT_EQ(get("/robot/v1/metadata/x509/nobody@alias").status, 404);
  EXPECT_EQ(get("/robot/v1/metadata/jwk/").status, 404);
  EXPECT_EQ(get("/service_accounts/v1/jwk/a+b&c%zz").status, 404);
}

TEST_F(Discovery, ANewKeyIsPublishedBeforeItSignsAndTheOldOneStaysForADay) {
  const IssuedAccount account = make_account();
  const std::set<std::string> first = key_ids();
  ASSERT_EQ(first.size(), 1U);
  clock.advance_ms(30 * kDayMs);
  ASSERT_TRUE(service->refresh().ok());
  const std::set<std::string> both = key_ids();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_TRUE(both.contains(*first.begin()));
  EXPECT_EQ(signing_key_id(account), *first.begin()) << "clients may hold the old list for an hour";
  clock.advance_ms(2 * 3'600'000);
  EXPECT_NE(signing_key_id(account), *first.begin());
  ASSERT_TRUE(service->refresh().ok());
  EXPECT_EQ(key_ids(), both) << "tokens of the old key live on";
  clock.advance_ms(kDayMs);
  ASSERT_TRUE(service->refresh().ok());
  EXPECT_EQ(key_ids().size(), 1U);
  EXPECT_FALSE(key_ids().contains(*first.begin()));
}

TEST_F(Discovery, KeysOutlastARestart) {
  const std::set<std::string> before = key_ids();
  restart();
  EXPECT_EQ(key_ids(), before);
}

TEST_F(Discovery, KeysAreSealedInTheStoreAndAnotherMasterKeyIsNamedAsTheReason) {
  const std::vector<SigningKeyRecord> records = store.list_signing_keys().value();
  for (const SigningKeyRecord& record : records) {
    EXPECT_EQ(base64_decode(record.sealed_private_key)->find("PRIVATE"), std::string::npos);
  }
  OAuthService other(store, clock, random, log, settings, Secret("another master key"), {});
  const Status started = other.start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message.find("sealed with another master key"), std::string::npos);
}

TEST_F(Discovery, AKeyOfAnotherProcessIsTakenOverAtTheNextRefresh) {
  clock.advance_ms(30 * kDayMs);
  OAuthService other(store, clock, random, log, settings, master_key, {});
  ASSERT_TRUE(other.start().ok());
  EXPECT_EQ(key_ids().size(), 1U);
  ASSERT_TRUE(service->refresh().ok());
  EXPECT_EQ(key_ids().size(), 2U);
}

}  // namespace
}  // namespace moongate
