#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace moongate {
namespace {

TEST(Sha256, AgreesWithFips180Vectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(sha256("abc").size(), 32U);
}

TEST(Sha256, IsTheSameFromManyThreads) {
  const std::string expected = sha256_hex("moon");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) ASSERT_EQ(sha256_hex("moon"), expected);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(HmacSha256, AgreesWithRfc4231Vectors) {
  EXPECT_EQ(hex_encode(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_encode(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_encode(hmac_sha256(std::string(131, '\xaa'),
                                   "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, TakesAnEmptyKeyForAKeyAndNotForTheKeyBefore) {
  hmac_sha256("a key of the call before", "x");
  EXPECT_EQ(hex_encode(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Base64, AgreesWithRfc4648Vectors) {
  const std::vector<std::pair<std::string, std::string>> vectors = {{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
    const std::string bare = encoded.substr(0, encoded.find('='));
    EXPECT_EQ(base64url_encode(plain), bare);
    EXPECT_EQ(base64url_decode(bare), plain);
    EXPECT_EQ(base64url_decode(encoded), plain);
  }
}

TEST(Base64, KeepsEveryByteInBothAlphabets) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(base64_decode(base64_encode(all)), all);
  EXPECT_EQ(base64url_decode(base64url_encode(all)), all);
  EXPECT_NE(base64_encode(all).find('/'), std::string::npos);
  EXPECT_EQ(base64url_encode(all).find('/'), std::string::npos);
}

TEST(Base64, RefusesWhatNoEncoderWouldHaveWritten) {
  for (const char* text : {"Z", "Zg=", "Zg===", "Z===", "=", "====", "Zm9vY", "Zm 9v", "Zm9v\n",
                           "Zh==", "Zm9=", "Z=g=", "Zg==Zg==", "Zm9v====", "-_-_", "\xc3\xa4\xc3\xa4"}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
  EXPECT_FALSE(base64url_decode("+/+/"));
  EXPECT_FALSE(base64_decode(std::string_view("Zm9v\0AAA", 8)));
}

TEST(ConstantTimeEqual, TellsEqualFromDifferent) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("secret", "secret"));
  EXPECT_FALSE(constant_time_equal("secret", "secreT"));
  EXPECT_FALSE(constant_time_equal("secret", "secret2"));
  EXPECT_FALSE(constant_time_equal("secret", ""));
}

TEST(Random, GivesTokensOfTheLengthAskedForInTheUrlAlphabet) {
  for (std::size_t n : {0U, 1U, 2U, 3U, 4U, 40U, 43U}) {
    const std::string token = random_token(n);
    EXPECT_EQ(token.size(), n);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
  }
}

TEST(Random, DoesNotRepeatItself) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(seen.insert(random_token(20)).second);
    EXPECT_TRUE(seen.insert(uuid_v4()).second);
  }
  EXPECT_EQ(random_bytes(17).size(), 17U);
}

TEST(Random, MakesUuidsOfVersionFour) {
  const std::string uuid = uuid_v4();
  ASSERT_EQ(uuid.size(), 36U);
  EXPECT_EQ(uuid[8], '-');
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
}

}  // namespace
}  // namespace moongate
