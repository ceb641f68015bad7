// MySQL and MariaDB behind the driver interface; the only file pair that knows Connector/C++.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "store/connection_pool.h"
#include "store/mysql_target.h"

namespace moongate {

struct MysqlOptions {
  std::string
      ca_file;  // PEM; not empty: TLS, and the server must prove with it that it is the host of the URL
  int connect_timeout_s = 5;
  int read_timeout_s = 30;  // of one answer; 0: none, as long migrations need it
  PoolLimits pool;
};

// Makes one connection to find out whether it can be done. Every table that a migration makes is of InnoDB,
// utf8mb4 and compared byte by byte. Error, each naming the user, the host and the database and never the
// password: kUnavailable: the server is away; kForbidden: it refuses the user or the password, or its
// certificate is not the host's; kNotFound: it has no such database.
Result<std::unique_ptr<SqlDriver>> open_mysql(const MysqlTarget& target, const MysqlOptions& options,
                                              std::shared_ptr<const Clock> clock);

}  // namespace moongate
