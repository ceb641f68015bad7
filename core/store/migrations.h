// The schema's versions, and the way between them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/sql_driver.h"

namespace moongate {

struct Migration {
  std::int64_t version = 0;
  std::string_view name;
  std::string_view up, down;  // statements, each ending in ';' at the end of a line
};

// Those of sql/, in order, built into the binary.
const std::vector<Migration>& embedded_migrations();

// Applies what is missing, in order. Several processes may do this at once; one works, the others wait.
// Error kInternal, naming the migration: one that was begun and not finished is found (on databases where a
// transaction cannot hold a schema change); one that was applied differs from the binary's; the schema is
// newer than the binary; a statement failed (then nothing of that migration remains, where transactions can
// hold it).
Status migrate_up(SqlDriver& driver, const std::vector<Migration>& migrations, std::int64_t now_s);

// Takes the schema back to `version` (0: nothing but our bookkeeping).
Status migrate_down(SqlDriver& driver, const std::vector<Migration>& migrations, std::int64_t version);

// The newest applied version; 0 for a new database.
Result<std::int64_t> schema_version(SqlDriver& driver);

// A script cut into its statements, without comment lines.
std::vector<std::string> split_statements(std::string_view script);

}  // namespace moongate
