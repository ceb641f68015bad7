// SQLite behind the driver interface; the only file pair that knows sqlite3.h.
#pragma once

#include <filesystem>
#include <memory>

#include "store/sql_driver.h"

namespace moongate {

// Opens (and makes, mode 0600) the database file: write-ahead log, synchronous NORMAL (a crash of the machine
// may lose the last transactions, never the file), foreign keys on, five seconds of patience with another
// process's lock. An empty path gives a database in memory that goes with the driver.
// Error kForbidden: the folder or file cannot be written; kInvalid: the file is no SQLite database. The
// message names the file and says what to do.
Result<std::unique_ptr<SqlDriver>> open_sqlite(const std::filesystem::path& file);

}  // namespace moongate
