// Passwords that travel as ciphertext: each nonce serves once, and none serves for another's ciphertext.
#include "crypto/base64.h"
#include "crypto/rsa_oaep.h"
#include "unit/people/people_fixture.h"

namespace moongate {
namespace {

class EncryptedPassword : public PeopleTest {
 protected:
  EncryptedPassword() { address = "192.0.2.7"; }

  Json key() const { return json_of(send(request("GET", "/api/client/auth/public-key"))); }
  static std::string encrypted(const Json& key, const std::string& plain) {
    const RsaPublicKey to = RsaPublicKey::from_pem(at(key, "public_key")).value();
    return base64_encode(rsa_oaep_encrypt(to, plain).value());
  }
  HttpResponse log_in_with(const std::string& sealed, const std::string& nonce) const {
    return post("/api/auth/login", R"({"name":"ann","encrypted_password":")" + sealed + R"(","nonce":")" + nonce + "\"}");
  }
};

TEST_F(EncryptedPassword, SignsInAndServesOnce) {
  make_user("ann", "correct horse");
  const Json given = key();
  const std::string nonce = at(given, "nonce");
  const std::string sealed = encrypted(given, nonce + ":correct horse");
  EXPECT_EQ(log_in_with(sealed, nonce).status, 200);
  const HttpResponse replayed = log_in_with(sealed, nonce);
  EXPECT_EQ(replayed.status, 400);
  EXPECT_SAYS(replayed, "was used before");
  // Neither with a nonce of the listener's own.
  EXPECT_SAYS(log_in_with(sealed, at(key(), "nonce")), "must be base64 of the nonce");
}

TEST_F(EncryptedPassword, AnyGatewayOpensIt) {
  make_user("ann", "correct horse");
  const Json given = key();
  people = another_gateway();
  EXPECT_EQ(log_in_with(encrypted(given, at(given, "nonce") + ":correct horse"), at(given, "nonce")).status, 200);
  EXPECT_EQ(at(key(), "key_id"), at(given, "key_id"));
}

TEST_F(EncryptedPassword, NoncesEndAndAreNotMadeUp) {
  make_user("ann", "correct horse");
  const Json given = key();
  const std::string sealed = encrypted(given, at(given, "nonce") + ":correct horse");
  EXPECT_SAYS(log_in_with(encrypted(given, "made-up:correct horse"), "made-up"), "never given out");
  clock.advance_ms(300'000);
  EXPECT_SAYS(log_in_with(sealed, at(given, "nonce")), "too old");
  EXPECT_SAYS(log_in_with("AAAA", at(key(), "nonce")), "must be base64 of the nonce");
  EXPECT_SAYS(log_in_with("?", at(key(), "nonce")), "must be base64 of the nonce");
  EXPECT_SAYS(post("/api/auth/login", R"({"name":"ann","encrypted_password":"AAAA"})"), "\"nonce\" is missing");
}

TEST_F(EncryptedPassword, AWrongOneIsAWrongLogin) {
  make_user("ann", "correct horse");
  const Json given = key();
  EXPECT_EQ(log_in_with(encrypted(given, at(given, "nonce") + ":wrong horse"), at(given, "nonce")).status, 401);
}

TEST_F(EncryptedPassword, TheKeyIsRenewedAndOldNoncesStayGood) {
  make_user("ann", "correct horse");
  const Json old = key();
  clock.advance_ms(LoginKeys::kLifetimeS * 1000 - 1000);
  const Json last = key();
  EXPECT_EQ(at(last, "key_id"), at(old, "key_id"));
  clock.advance_ms(1000);
  const Json fresh = key();
  EXPECT_NE(at(fresh, "key_id"), at(old, "key_id"));
  EXPECT_EQ(log_in_with(encrypted(last, at(last, "nonce") + ":correct horse"), at(last, "nonce")).status, 200);
}

TEST_F(EncryptedPassword, AnotherMasterKeyMakesANewKey) {
  const Json old = key();
  master_key = Secret(std::string(32, 'n'));
  people = another_gateway();
  EXPECT_NE(at(key(), "key_id"), at(old, "key_id"));
}

}  // namespace
}  // namespace moongate
