#include "crypto/rsa_oaep.h"

#include <gtest/gtest.h>

#include "crypto/base64.h"

namespace moongate {
namespace {

TEST(RsaOaep, GivesBackWhatWasEncryptedToTheKey) {
  const RsaPrivateKey key = RsaPrivateKey::generate().value();
  for (const std::string& plain : {std::string(), std::string("nonce:correct horse"), std::string(190, 'x')}) {
    const std::string sealed = rsa_oaep_encrypt(key.public_key(), plain).value();
    EXPECT_EQ(sealed.size(), 256u);
    const auto opened = rsa_oaep_decrypt(key, sealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), plain);
  }
  EXPECT_FALSE(rsa_oaep_encrypt(key.public_key(), std::string(191, 'x')).ok());
}

TEST(RsaOaep, OpensNothingElse) {
  const RsaPrivateKey key = RsaPrivateKey::generate().value();
  const RsaPrivateKey other = RsaPrivateKey::generate().value();
  std::string sealed = rsa_oaep_encrypt(key.public_key(), "secret").value();
  EXPECT_FALSE(rsa_oaep_decrypt(other, sealed));
  sealed[100] = static_cast<char>(sealed[100] ^ 1);
  EXPECT_FALSE(rsa_oaep_decrypt(key, sealed));
  EXPECT_FALSE(rsa_oaep_decrypt(key, ""));
  EXPECT_FALSE(rsa_oaep_decrypt(key, std::string(10'000, 'x')));
}

}  // namespace
}  // namespace moongate
