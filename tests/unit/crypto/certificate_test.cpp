#include "crypto/certificate.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "crypto/secret_file.h"
#include "unit/crypto/temp_directory.h"
#include "unit/crypto/test_keys.h"

namespace moongate {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

TEST(SigningCertificate, IsPemAndHoldsTheKey) {
  const std::string pem =
      self_signed_certificate(test_key(), "moongate signing key", kNow, kNow + 86400).value();
  EXPECT_TRUE(pem.starts_with("-----BEGIN CERTIFICATE-----"));
  EXPECT_TRUE(RsaPublicKey::from_pem(pem)->verify_rs256("x", test_key().sign_rs256("x")));
}

TEST(ServerCertificate, RefusesNamesThatAreNone) {
  EXPECT_FALSE(make_server_certificate({}, kNow, kNow + 1).ok());
  EXPECT_NE(make_server_certificate({"a,DNS:evil"}, kNow, kNow + 1).error().message.find("a,DNS:evil"),
            std::string::npos);
  EXPECT_FALSE(make_server_certificate({std::string("a\0b", 3)}, kNow, kNow + 1).ok());
  EXPECT_TRUE(
      make_server_certificate({"localhost", "127.0.0.1", "::1", "gate-1.example"}, kNow, kNow + 1).ok());
}

TEST(ServerCertificate, IsMadeOnceAndForItsOwnerOnly) {
  const TempDirectory directory;
  const auto first = ensure_server_certificate(directory.path() / "tls", local_server_names(), kNow).value();
  EXPECT_TRUE(first.created);
  EXPECT_EQ(mode_of(first.key), 0600U);
  EXPECT_EQ(mode_of(directory.path() / "tls"), 0700U);
  const std::string before = read_secret_file(first.certificate)->reveal();
  const auto second =
      ensure_server_certificate(directory.path() / "tls", local_server_names(), kNow + 86400).value();
  EXPECT_FALSE(second.created);
  EXPECT_EQ(read_secret_file(second.certificate)->reveal(), before);
}

TEST(ServerCertificate, IsMadeAnewAWeekBeforeItEnds) {
  const TempDirectory directory;
  ASSERT_TRUE(ensure_server_certificate(directory.path(), {"localhost"}, kNow)->created);
  EXPECT_FALSE(ensure_server_certificate(directory.path(), {"localhost"}, kNow + 800 * 86400LL)->created);
  EXPECT_TRUE(ensure_server_certificate(directory.path(), {"localhost"}, kNow + 820 * 86400LL)->created);
}

TEST(ServerCertificate, IsNotOverwrittenWhenSomebodyElsesFileIsBroken) {
  const TempDirectory directory;
  std::ofstream(directory.path() / "server.crt") << "not a certificate";
  std::ofstream(directory.path() / "server.key") << "not a key";
  const auto result = ensure_server_certificate(directory.path(), {"localhost"}, kNow);
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("server.crt is not usable; delete it"), std::string::npos);
}

}  // namespace
}  // namespace moongate
