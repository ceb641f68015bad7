// Where a MySQL or MariaDB database is, as store.url says it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moongate {

struct MysqlTarget {
  std::string host = "localhost";
  std::uint16_t port = 3306;
  std::string socket;  // a path: the host and the port are not used
  std::string user;
  std::string password;
  std::string database;

  // "mysql://user:password@host[:port]/database[?socket=/path]"; user, password and database with
  // percent-encoding, an IPv6 address in brackets. Error kInvalid: the message says what is missing and never
  // repeats the password.
  static Result<MysqlTarget> parse(std::string_view url);
  // "user@host:3306/database", for messages.
  std::string describe() const;
};

}  // namespace moongate
