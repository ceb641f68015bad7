#include "crypto/rsa_key.h"

#include <gtest/gtest.h>

#include "crypto/base64.h"
#include "crypto/certificate.h"
#include "unit/crypto/test_keys.h"

namespace moongate {
namespace {

// From `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`: a throw-away key of the wrong kind.
constexpr char kEcPublic[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
    "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
    "-----END PUBLIC KEY-----\n";

TEST(RsaKey, SurvivesPemBothWays) {
  const Secret pem = test_key().pem();
  EXPECT_TRUE(pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
  const RsaPrivateKey again = RsaPrivateKey::from_pem(pem.reveal()).value();
  const RsaPublicKey public_again = RsaPublicKey::from_pem(test_key().public_key().pem()).value();
  EXPECT_TRUE(public_again.verify_rs256("bytes", again.sign_rs256("bytes")));
}

TEST(RsaKey, SurvivesJwkNumbers) {
  const RsaPublicKey key = test_key().public_key();
  EXPECT_EQ(key.jwk_e(), "AQAB");
  EXPECT_EQ(base64url_decode(key.jwk_n())->size(), 256U);
  const RsaPublicKey again = RsaPublicKey::from_jwk(key.jwk_n(), key.jwk_e()).value();
  EXPECT_EQ(again.pem(), key.pem());
}

TEST(RsaKey, IsReadFromACertificateToo) {
  const std::string certificate = self_signed_certificate(test_key(), "someone", 0, 2'000'000'000).value();
  EXPECT_EQ(RsaPublicKey::from_pem(certificate)->pem(), test_key().public_key().pem());
}

TEST(RsaKey, RefusesASignatureOfOtherBytes) {
  const std::string signature = test_key().sign_rs256("bytes");
  EXPECT_FALSE(test_key().public_key().verify_rs256("bytez", signature));
  EXPECT_FALSE(test_key().public_key().verify_rs256("bytes", ""));
  EXPECT_FALSE(test_key().public_key().verify_rs256("bytes", signature + "x"));
}

TEST(RsaKey, RefusesTextThatIsNoKeyWithoutRepeatingIt) {
  for (const char* text :
       {"", "not a key: hunter2", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"}) {
    const Result<RsaPrivateKey> key = RsaPrivateKey::from_pem(text);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().describe().find("hunter2"), std::string::npos);
    EXPECT_FALSE(RsaPublicKey::from_pem(text).ok());
  }
  EXPECT_FALSE(RsaPrivateKey::from_pem(std::string(100'000, 'x')).ok());
}

TEST(RsaKey, RefusesAnEncryptedKeyInsteadOfAskingTheTerminal) {
  const Result<RsaPrivateKey> key = RsaPrivateKey::from_pem(
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBA=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n");
  EXPECT_FALSE(key.ok());
}

TEST(RsaKey, RefusesKeysOfAnotherKindOrSize) {
  EXPECT_NE(RsaPublicKey::from_pem(kEcPublic).error().message.find("not an RSA key"), std::string::npos);
  const RsaPrivateKey small = RsaPrivateKey::generate(1024).value();
  EXPECT_NE(RsaPublicKey::from_pem(small.public_key().pem()).error().message.find("1024 bits"),
            std::string::npos);
  EXPECT_FALSE(RsaPublicKey::from_jwk("", "AQAB").ok());
  EXPECT_FALSE(RsaPublicKey::from_jwk("AQAB", "AQAB").ok());
  EXPECT_FALSE(RsaPublicKey::from_jwk("!!", "AQAB").ok());
}

}  // namespace
}  // namespace moongate
