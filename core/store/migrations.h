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

// What was done: "2 (directory)", in the order it was done in.
struct MigrationReport {
  std::vector<std::string> applied;
  std::vector<std::string> taken_back;
  std::int64_t version = 0;  // of the schema now
};

// Applies what is missing, in order. Several processes may do this at once; one works, the others wait.
// Error kInternal, naming the migration: one that was begun and not finished is found (on databases where a
// transaction cannot hold a schema change); one that was applied differs from the binary's; the schema is
// newer than the binary; a statement failed (then nothing of that migration remains, where transactions can
// hold it).
Result<MigrationReport> migrate_up(SqlDriver& driver, const std::vector<Migration>& migrations,
                                   std::int64_t now_s);

// Takes the schema back to `version` (0: nothing but our bookkeeping), and the data of what is taken back
// with it.
Result<MigrationReport> migrate_down(SqlDriver& driver, const std::vector<Migration>& migrations,
                                     std::int64_t version);

struct MigrationStatus {
  struct Step {
    std::int64_t version = 0;
    std::string name;
    std::string state;  // "done", "pending"; "begun", "being removed": stopped midway
    std::int64_t applied_at_s = 0;
  };
  std::vector<Step> steps;  // all that the database or this binary knows
  std::size_t pending = 0;
  std::string trouble;  // why migrate_up would refuse; empty: it would not
};
Result<MigrationStatus> migration_status(SqlDriver& driver, const std::vector<Migration>& migrations);

// The newest applied version; 0 for a new database.
Result<std::int64_t> schema_version(SqlDriver& driver);

// A script cut into its statements, without comment lines.
std::vector<std::string> split_statements(std::string_view script);

}  // namespace moongate
