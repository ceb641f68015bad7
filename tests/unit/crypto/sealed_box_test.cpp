#include "crypto/sealed_box.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "unit/crypto/seeded_random.h"

namespace moongate {
namespace {

TEST(Hkdf, AgreesWithRfc5869Vectors) {
  std::string salt, info;
  for (int i = 0; i <= 0x0c; ++i) salt += static_cast<char>(i);
  for (int i = 0xf0; i <= 0xf9; ++i) info += static_cast<char>(i);
  EXPECT_EQ(hex_encode(hkdf_sha256(std::string(22, '\x0b'), salt, info, 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(hex_encode(hkdf_sha256(std::string(22, '\x0b'), "", "", 42)),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(SealedBox, OpensWhatItSealed) {
  SeededRandom random;
  const SealedBox box = SealedBox::derive("master", "tests");
  for (std::size_t size : {0U, 1U, 15U, 16U, 17U, 1000U}) {
    const std::string plain(size, 'x');
    const std::string sealed = box.seal(plain, "context", random);
    EXPECT_EQ(sealed.size(), size + SealedBox::kOverhead);
    EXPECT_EQ(box.open(sealed, "context"), plain);
  }
}

TEST(SealedBox, SealsTheSameTextDifferentlyEachTime) {
  SeededRandom random;
  const SealedBox box = SealedBox::derive("master", "tests");
  EXPECT_NE(box.seal("text", "", random), box.seal("text", "", random));
}

TEST(SealedBox, RefusesAnotherKeyContextOrByte) {
  SeededRandom random;
  const SealedBox box = SealedBox::derive("master", "tests");
  const std::string sealed = box.seal("text", "context", random);
  EXPECT_FALSE(SealedBox::derive("master", "other").open(sealed, "context"));
  EXPECT_FALSE(SealedBox::derive("monster", "tests").open(sealed, "context"));
  EXPECT_FALSE(box.open(sealed, "another"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(box.open(changed, "context")) << i;
  }
  EXPECT_FALSE(box.open(sealed.substr(1), "context"));
  EXPECT_FALSE(box.open("", "context"));
}

TEST(SealedBox, StillWorksAfterARefusalOnTheSameThread) {
  SeededRandom random;
  const SealedBox box = SealedBox::derive("master", "tests");
  EXPECT_FALSE(box.open(std::string(60, 'x'), ""));
  EXPECT_EQ(box.open(box.seal("text", "", random), ""), "text");
}

}  // namespace
}  // namespace moongate
