#include "store/mysql_target.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

TEST(MysqlTarget, ReadsEveryPartOfAUrl) {
  const auto target = MysqlTarget::parse("mysql://gate%40way:p%40ss%2F%25:w@db.example.com:3307/moon%2Dgate");
  ASSERT_TRUE(target.ok()) << target.error().message;
  EXPECT_EQ(target->user, "gate@way");
  EXPECT_EQ(target->password, "p@ss/%:w");
  EXPECT_EQ(target->host, "db.example.com");
  EXPECT_EQ(target->port, 3307);
  EXPECT_EQ(target->database, "moon-gate");
  EXPECT_TRUE(target->socket.empty());
  EXPECT_EQ(target->describe(), "gate@way@db.example.com:3307/moon-gate");
}

TEST(MysqlTarget, TakesTheUsualPortASocketAndAnIpv6Address) {
  EXPECT_EQ(MysqlTarget::parse("mysql://u@h/d")->port, 3306);
  EXPECT_EQ(MysqlTarget::parse("mysql://u:p@[::1]:33/d")->host, "::1");
  EXPECT_EQ(MysqlTarget::parse("mysql://u:p@[::1]:33/d")->port, 33);
  EXPECT_EQ(MysqlTarget::parse("mysql://u:p@localhost/d?socket=/run/my%20sql.sock")->socket,
            "/run/my sql.sock");
}

TEST(MysqlTarget, SaysWhatIsWrongAndNeverThePassword) {
  const std::pair<const char*, const char*> cases[] = {
      {"mysql:/u:hunter2@h/d", "begin with mysql://"},
      {"mysql://h/d", "the user is missing"},
      {"mysql://:hunter2@h/d", "the user is missing"},
      {"mysql://u:hunter2@/d", "the host is missing"},
      {"mysql://u:hunter2@h", "the database's name is missing"},
      {"mysql://u:hunter2@h/", "the database's name is missing"},
      {"mysql://u:hunter2@h/a/b", "the database's name is missing"},
      {"mysql://u:hunter2@h:x/d", "the port is no number"},
      {"mysql://u:hunter2@h:0/d", "the port is no number"},
      {"mysql://u:hunter2@h:70000/d", "the port is no number"},
      {"mysql://u:hunter2@[::1/d", "']' is missing"},
      {"mysql://u:hunter2%@h/d", "two hexadecimal digits"},
      {"mysql://u:hunter2%zz@h/d", "two hexadecimal digits"},
      {"mysql://u:hunter2%00@h/d", "two hexadecimal digits"},
      {"mysql://u:hunter2/x@h/d", "must be percent-encoded"},
      {"mysql://u:hunter2@h/d?tls=1", "socket=/PATH"},
      {"mysql://u:hunter2@h/d?socket=relative", "socket=/PATH"},
      {"mysql://u:hunter2@h\r\nx/d", "the host has a character"},
  };
  for (const auto& [url, what] : cases) {
    const auto target = MysqlTarget::parse(url);
    ASSERT_FALSE(target.ok()) << url;
    EXPECT_EQ(target.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(target.error().message.find(what), std::string::npos) << target.error().message;
    EXPECT_NE(target.error().message.find("write mysql://USER:PASSWORD@HOST"), std::string::npos);
    EXPECT_EQ(target.error().message.find("hunter2"), std::string::npos);
  }
}

TEST(MysqlTarget, KeepsAPasswordWithABareAtOutOfTheHost) {
  const auto target = MysqlTarget::parse("mysql://u:hunter@2@h/d");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->host, "h");
  EXPECT_EQ(target->password, "hunter@2");
}

}  // namespace
}  // namespace moongate
