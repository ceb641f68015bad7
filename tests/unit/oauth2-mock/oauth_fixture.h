// The mock OAuth2 over a store in memory and a clock by hand, and the words that its tests are written in.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "identity/admin_token.h"
#include "oauth2-mock/oauth_service.h"
#include "store/memory_store.h"
#include "unit/crypto/seeded_random.h"

namespace moongate {

using Json = boost::json::object;

inline constexpr char kJwtBearer[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
inline constexpr char kScope[] = "https://www.googleapis.com/auth/cloud-platform";
inline constexpr char kAccountsPath[] = "/api/admin/service-accounts/virtual";
inline constexpr char kClientsPath[] = "/api/admin/oauth-clients";

inline std::string form_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string form;
  for (const auto& [name, value] : fields) {
    form += (form.empty() ? "" : "&") + url_encode(name) + "=" + url_encode(value);
  }
  return form;
}

inline Json json_of(const HttpResponse& response) {
  boost::json::error_code failed;
  const boost::json::value value = boost::json::parse(response.body, failed);
  EXPECT_TRUE(!failed && value.is_object()) << response.status << " " << response.body;
  return value.is_object() ? value.get_object() : Json();
}

inline std::string text_of(const Json& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// A key file, and what a library would sign with it.
struct IssuedAccount {
  Json file;
  RsaPrivateKey key;
  std::string email, id, key_id;

  explicit IssuedAccount(Json made)
      : file(std::move(made)),
        key(RsaPrivateKey::from_pem(text_of(file, "private_key")).value()),
        email(text_of(file, "client_email")),
        id(text_of(file, "client_id")),
        key_id(text_of(file, "private_key_id")) {}
};

class OAuthTest : public testing::Test {
 protected:
  OAuthTest() {
    settings.public_url = "http://gate.test:8889";
    settings.demo_client = true;
    // The first test's signing key serves all of them.
    static std::vector<SigningKeyRecord> first_keys;
    for (const SigningKeyRecord& record : first_keys) EXPECT_TRUE(store.insert_signing_key(record).value());
    restart();
    if (first_keys.empty()) first_keys = store.list_signing_keys().value();
    admin_token = ensure_admin_token(store, random).value()->reveal();
  }

  // A new service over the same store, as after a restart.
  void restart() {
    service = std::make_unique<OAuthService>(store, clock, random, log, settings, master_key,
                                             [this](std::shared_ptr<const IdentitySnapshot> snapshot) {
                                               published.push_back(std::move(snapshot));
                                             });
    ASSERT_TRUE(service->start().ok());
  }

  static HttpRequest request(std::string method, std::string target, std::string body = "") {
    HttpRequest made;
    made.method = std::move(method);
    const std::size_t question = target.find('?');
    made.path = target.substr(0, question);
    if (question != std::string::npos) made.query = target.substr(question + 1);
    made.body = std::move(body);
    made.headers = {{"Host", "gate.test:8889"}};
    made.remote_address = "127.0.0.1";
    return made;
  }
  HttpResponse get(const std::string& target, HeaderList headers = {}) {
    return send("GET", target, "", headers);
  }
  HttpResponse send(const std::string& method, const std::string& target, const std::string& body = "",
                    const HeaderList& headers = {}) {
    HttpRequest made = request(method, target, body);
    made.headers.insert(made.headers.end(), headers.begin(), headers.end());
    return service->handle(made);
  }
  HttpResponse admin(const std::string& method, const std::string& target, const std::string& body = "") {
    return send(method, target, body, {{"Authorization", "Bearer " + admin_token}});
  }
  HttpResponse token(const std::vector<std::pair<std::string, std::string>>& fields,
                     const std::string& path = "/token", const HeaderList& headers = {}) {
    return send("POST", path, form_of(fields), headers);
  }
  HttpResponse assert_grant(const std::string& assertion) {
    return token({{"grant_type", kJwtBearer}, {"assertion", assertion}});
  }

  // As the administration would make it, but with a key of an earlier test: making one takes a while.
  IssuedAccount make_account(const std::string& name = "robot", bool metadata_default = false) {
    static std::map<std::string, RsaPrivateKey> keys;
    if (!keys.contains(name)) keys.emplace(name, RsaPrivateKey::generate().value());
    const RsaPrivateKey& key = keys.at(name);
    VirtualAccountRecord record;
    record.id = "1" + std::to_string(sha256(name)[0] + 200) + std::string(17, '0');
    record.email = name + "@alias.iam.gserviceaccount.com";
    record.name = name;
    record.project = "alias";
    record.public_key_pem = key.public_key().pem();
    record.key_id = sha256_hex(record.public_key_pem).substr(0, 40);
    record.certificate_pem = self_signed_certificate(key, record.id, now(), now() + 1000).value();
    record.metadata_default = metadata_default;
    record.created_at_s = now();
    EXPECT_TRUE(store.insert_virtual_account(record).value());
    EXPECT_TRUE(service->refresh().ok());
    return IssuedAccount(Json{{"client_email", record.email},
                              {"client_id", record.id},
                              {"private_key_id", record.key_id},
                              {"private_key", key.pem().reveal()},
                              {"token_uri", settings.url("/token")}});
  }
  // A client of the store: its id and secret.
  std::pair<std::string, std::string> make_client(const std::string& more = "") {
    const HttpResponse made =
        admin("POST", kClientsPath, R"({"name":"App","redirect_uris":["https://app.test/cb"])" + more + "}");
    EXPECT_EQ(made.status, 201) << made.body;
    const Json file = json_of(made);
    const Json& inner = file.begin()->value().get_object();
    return {text_of(inner, "client_id"), text_of(inner, "client_secret")};
  }

  // The claims of an assertion as Python's library makes it; null members of `changes` are taken out.
  Json assertion_claims(const IssuedAccount& account, const Json& changes = {}) const {
    Json claims{{"iss", account.email},
                {"aud", text_of(account.file, "token_uri")},
                {"scope", kScope},
                {"iat", now()},
                {"exp", now() + 3600}};
    for (const auto& [name, value] : changes) {
      if (value.is_null())
        claims.erase(name);
      else
        claims[name] = value;
    }
    return claims;
  }
  std::string assertion(const IssuedAccount& account, const Json& changes = {}) const {
    return sign_rs256_jwt(account.key, account.key_id,
                          boost::json::serialize(assertion_claims(account, changes)));
  }
  std::string access_token(const IssuedAccount& account) {
    return text_of(json_of(assert_grant(assertion(account))), "access_token");
  }
  std::int64_t now() const { return clock.unix_seconds(); }
  bool accepted(const std::string& bearer) const { return service->verifier().verify(bearer, now()).ok(); }

  // The claims of a token that our published keys verify.
  Json verified_claims(const std::string& id_token) {
    const Result<DecodedJwt> jwt = decode_jwt(id_token);
    if (!jwt) {
      ADD_FAILURE() << jwt.error().describe();
      return {};
    }
    const std::string pem = text_of(json_of(get("/oauth2/v1/certs")), jwt->key_id);
    const Result<RsaPublicKey> key = RsaPublicKey::from_pem(pem);
    EXPECT_TRUE(key.ok() && verify_rs256(*jwt, *key)) << "not signed with a published key";
    return boost::json::parse(jwt->payload).as_object();
  }

  MemoryStore store;
  ManualClock clock;
  SeededRandom random;
  MemorySink sink;
  Logger log{sink, clock, LogLevel::kInfo};
  Secret master_key{std::string(32, 'm')};
  OAuthSettings settings;
  std::vector<std::shared_ptr<const IdentitySnapshot>> published;
  std::unique_ptr<OAuthService> service;
  std::string admin_token;
};

// "status error: description", to be compared as one text.
inline std::string told(const HttpResponse& response) {
  const Json body = json_of(response);
  return std::to_string(response.status) + " " + text_of(body, "error") + ": " +
         text_of(body, "error_description");
}

#define EXPECT_SAYS(response, part)                        \
  do {                                                     \
    const std::string said = told(response);               \
    EXPECT_NE(said.find(part), std::string::npos) << said; \
  } while (false)

}  // namespace moongate
