// Messages as they travel: nothing that a caller writes becomes a header or a command.
#include "people/mail.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/base64.h"
#include "people/smtp_mailer.h"
#include "unit/crypto/seeded_random.h"

namespace moongate {
namespace {

TEST(Mail, AddressesHoldNothingThatEndsALine) {
  for (const char* good : {"ann@example.com", "a.b+c@sub.example.co", "moongate@localhost"}) EXPECT_EQ(mail_address_fault(good), "");
  for (const char* bad : {"", "ann", "@x", "a@", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "a@b>", "<a@b>", "\"a\"@b", "a@b,c@d", "é@b", "-a@b"}) {
    EXPECT_NE(mail_address_fault(bad), "") << bad;
  }
}

TEST(Mail, SubjectAndTextAreEncoded) {
  SeededRandom random;
  const MailMessage message{"ann@example.com", "Hello\r\nBcc: eve@example.com 确认您的邮箱地址确认您的邮箱地址", ".\nBcc: x\n确认"};
  const std::string mail = render_mail(message, "moongate@localhost", 1'700'000'000, random).value();
  std::istringstream lines(mail);
  std::string line, head, body;
  bool in_body = false;
  while (std::getline(lines, line)) {
    ASSERT_TRUE(line.ends_with('\r'));
    line.pop_back();
    EXPECT_LE(line.size(), 78u);
    EXPECT_FALSE(line.starts_with('.'));
    if (line.empty()) in_body = true;
    (in_body ? body : head) += in_body ? line : line + "\n";
  }
  EXPECT_EQ(head.find("Bcc"), std::string::npos);
  EXPECT_NE(head.find("Date: Tue, 14 Nov 2023 22:13:20 +0000"), std::string::npos);
  EXPECT_EQ(base64_decode(body).value(), ".\r\nBcc: x\r\n确认");
  EXPECT_FALSE(render_mail({"a@b\r\nX: y", "s", "t"}, "moongate@localhost", 0, random).ok());
}

TEST(Mail, TheOutboxIsForItsOwnerAlone) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("outbox-" + random_token(12));
  const ManualClock clock;
  SeededRandom random;
  FileOutbox outbox(folder, "moongate@localhost", clock, random);
  ASSERT_TRUE(outbox.send({"ann@example.com", "Hello", "text"}).ok());
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ++files;
    struct stat seen{};
    ASSERT_EQ(stat(entry.path().c_str(), &seen), 0);
    EXPECT_EQ(seen.st_mode & 0777, 0600u);
    EXPECT_EQ(entry.path().extension(), ".eml");
  }
  EXPECT_EQ(files, 1);
  std::filesystem::remove_all(folder);
}

TEST(Mail, ServersAreReadFromTheirUrl) {
  const SmtpServer full = parse_mail_server("smtps://ann%40example.com:p%40ss+word@mail.example.com:4650").value();
  EXPECT_EQ(full.host, "mail.example.com");
  EXPECT_EQ(full.port, 4650);
  EXPECT_TRUE(full.tls_at_once);
  EXPECT_EQ(full.user, "ann@example.com");
  EXPECT_EQ(full.password.reveal(), "p@ss+word");
  EXPECT_EQ(parse_mail_server("smtp://mail.example.com").value().port, 587);
  EXPECT_EQ(parse_mail_server("smtps://mail.example.com").value().port, 465);
  EXPECT_EQ(parse_mail_server("smtp://[::1]:2525").value().host, "::1");
  for (const char* bad : {"http://x", "smtp://", "smtp://x:0", "smtp://x:port"}) EXPECT_FALSE(parse_mail_server(bad).ok()) << bad;
}

}  // namespace
}  // namespace moongate
