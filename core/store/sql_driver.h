// What a database can do for us, whichever it is. A driver knows SQL's plumbing and none of our tables; the
// queries (sql_store*.cpp) know the tables and none of the plumbing.
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

// NULL never comes up: our columns are NOT NULL.
using SqlValue = std::variant<std::int64_t, std::string>;
using SqlRow = std::vector<SqlValue>;

// One connection, used by one thread at a time. Every function: error kUnavailable when the database cannot
// be reached or is busy for too long, kInternal for what is wrong with the statement or the file. Messages
// hold the statement's text and never its parameters.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  // A statement with '?' for each parameter. Prepared once a connection.
  virtual Result<std::vector<SqlRow>> query(std::string_view sql, const SqlRow& parameters) = 0;
  // The number of rows that matched (changed or not).
  virtual Result<std::int64_t> execute(std::string_view sql, const SqlRow& parameters) = 0;
  // An INSERT; false: a row with that key is there already.
  virtual Result<bool> insert(std::string_view sql, const SqlRow& parameters) = 0;

  // A transaction that takes its write lock at the beginning, so that what it reads stays true until it ends.
  virtual Status begin() = 0;
  virtual Status commit() = 0;
  virtual void rollback() = 0;  // also after a failed commit; no effect outside a transaction
};

// A bounded set of connections. Safe from any thread.
class SqlDriver {
 public:
  virtual ~SqlDriver() = default;

  // Lends a connection for the time of `use`, waiting for a free one. `use` must not call run() again.
  virtual Status run(const std::function<Status(SqlConnection&)>& use) = 0;
  virtual std::string_view name() const = 0;  // "sqlite"

  // `use` within a transaction: committed when it returns success, rolled back otherwise.
  Status run_transaction(const std::function<Status(SqlConnection&)>& use);
};

}  // namespace moongate
