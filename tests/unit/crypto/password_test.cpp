#include "crypto/password.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

struct Passwords : testing::Test {
  SystemRandom random;
};

TEST_F(Passwords, OpenWithTheRightWordOnly) {
  const std::string hash = hash_password("correct horse", random).value();
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_TRUE(verify_password("correct horse", hash));
  EXPECT_FALSE(verify_password("correct horse ", hash));
  EXPECT_FALSE(verify_password("Correct horse", hash));
  EXPECT_FALSE(verify_password("", hash));
}

TEST_F(Passwords, HaveAnotherHashEachTime) {
  EXPECT_NE(hash_password("same", random).value(), hash_password("same", random).value());
}

TEST_F(Passwords, MayHoldAnyBytes) {
  const std::string password("p\0ss\xff wörd", 11);
  const std::string hash = hash_password(password, random).value();
  EXPECT_TRUE(verify_password(password, hash));
  EXPECT_FALSE(verify_password("p", hash));
}

TEST_F(Passwords, ThatAreEmptyOrEndlessAreRefused) {
  EXPECT_EQ(hash_password("", random).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(hash_password(std::string(1025, 'x'), random).error().kind, ErrorKind::kInvalid);
  EXPECT_TRUE(hash_password(std::string(1024, 'x'), random).ok());
}

TEST_F(Passwords, NeverOpenWhatIsNoHash) {
  for (const char* hash : {"", "correct horse", "$argon2id$", "$argon2id$v=19$m=19456,t=2,p=1$",
                           "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAA",
                           "$2b$12$abcdefghijklmnopqrstuuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    EXPECT_FALSE(verify_password("correct horse", hash)) << hash;
  }
}

TEST_F(Passwords, RefuseAHashThatWouldTakeAllTheMemory) {
  std::string hash = hash_password("word", random).value();
  hash.replace(hash.find("m=19456"), 7, "m=4194304");
  EXPECT_FALSE(verify_password("word", hash));
}

// The first vector of the reference implementation's test suite for version 19 with m = 256 KiB.
TEST_F(Passwords, AgreeWithOtherImplementations) {
  EXPECT_TRUE(verify_password(
      "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"));
  EXPECT_FALSE(verify_password(
      "differentpassword",
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"));
}

}  // namespace
}  // namespace moongate
