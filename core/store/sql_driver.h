// What a database can do for us, whichever it is. A driver knows SQL's plumbing and none of our tables; the
// queries (sql_*.cpp) know the tables and none of the plumbing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace moongate {

// NULL never comes up: our columns are NOT NULL, or the queries put '' in its place.
using SqlValue = std::variant<std::int64_t, std::string>;
using SqlRow = std::vector<SqlValue>;

enum class SqlDialect : std::uint8_t { kSqlite, kMysql };

// What a transaction's plain SELECTs see on a database with many writers. SQLite has one writer at a time,
// and both are the same there.
enum class SqlIsolation : std::uint8_t {
  kSnapshot,  // the state at the first of them
  kLatest,    // what others have committed by then; takes no locks on gaps
  kReading,   // one state for all of them, in nobody's way: nothing may be written
};

struct SqlColumn {
  std::string name;
  bool nullable = false;
};

// One connection, used by one thread at a time. Every function: error kUnavailable when the database cannot
// be reached or is busy for too long, kInvalid for a value that its column cannot hold, kInternal for what is
// wrong with the statement or the file. Retry::kYes: the transaction was in another's way; rolled back and
// begun anew it may pass. Messages hold the statement's text and never its parameters.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  virtual SqlDialect dialect() const = 0;
  // A statement with '?' for each parameter. Prepared once a connection.
  virtual Result<std::vector<SqlRow>> query(std::string_view sql, const SqlRow& parameters) = 0;
  // The number of rows that matched (changed or not).
  virtual Result<std::int64_t> execute(std::string_view sql, const SqlRow& parameters) = 0;
  // The rows of a SELECT one by one, however many there are. An error from `use` ends it and is returned. `use`
  // must ask nothing of this connection.
  virtual Status each(std::string_view sql, const std::function<Status(const SqlRow&)>& use) = 0;
  // An INSERT; false: a row with that key is there already, and nothing was inserted.
  virtual Result<bool> insert(std::string_view sql, const SqlRow& parameters) = 0;

  // SQLite: takes its write lock at the beginning (except for kReading), so that what is read stays true until the end. MySQL does
  // not: what must stay true is locked by a write before it is read.
  virtual Status begin(SqlIsolation isolation) = 0;
  virtual Status commit() = 0;
  virtual void rollback() = 0;  // also after a failed commit; no effect outside a transaction

  // A table's columns in their order; none: there is no such table.
  virtual Result<std::vector<SqlColumn>> columns(std::string_view table) = 0;
  // Whether nobody else has this database open; waits a few seconds for those who are leaving. Not within a
  // transaction.
  virtual Result<bool> alone() = 0;

  // Whether a transaction can hold a change of the schema.
  virtual bool transactional_schema() const = 0;
  // A statement of a migration as this database has to be told it.
  virtual std::string definition(std::string statement) const { return statement; }
  // Keeps other processes from migrating; waits for one that does. Where transactions hold schema changes
  // this does nothing.
  virtual Status lock_schema() { return {}; }
  virtual void unlock_schema() {}
};

// A bounded set of connections. Safe from any thread.
class SqlDriver {
 public:
  virtual ~SqlDriver() = default;

  // Lends a connection for the time of `use`, waiting for a free one. `use` must not call run() again. It is
  // called a second time when the connection turned out to be dead before anything was done on it.
  virtual Status run(const std::function<Status(SqlConnection&)>& use) = 0;
  virtual std::string_view name() const = 0;  // "sqlite", "mysql"

  // `use` within a transaction: committed when it returns success, rolled back otherwise, and called again (a
  // few times) when it was in another transaction's way: it must begin its answer anew each time.
  Status run_transaction(const std::function<Status(SqlConnection&)>& use,
                         SqlIsolation isolation = SqlIsolation::kSnapshot);
};

// `use` in one transaction of this connection, once.
Status in_transaction(SqlConnection& connection, SqlIsolation isolation,
                      const std::function<Status(SqlConnection&)>& use);

}  // namespace moongate
