// The tables of a schema version, read and written as lines of a back-up.
#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "store/migrations.h"
#include "store/sql_driver.h"

namespace moongate {

// In the order in which the scripts make them, so that a row comes after those that it refers to.
std::vector<std::string> tables_at(const std::vector<Migration>& migrations, std::int64_t version);
// Tells the scripts up to a version from others that call themselves the same.
std::string scripts_digest(const std::vector<Migration>& migrations, std::int64_t version);

// Gives each row as an array: numbers, texts, null, and {"base64": …} for a text that is no UTF-8.
Status dump_table(SqlConnection& connection, const std::string& table, const std::vector<SqlColumn>& columns,
                  const std::function<Status(boost::json::array)>& use);

// Inserts rows into one table, several at once where that can be done.
class TableLoader {
 public:
  TableLoader(SqlConnection& connection, std::string table, std::vector<SqlColumn> columns)
      : connection_(connection), table_(std::move(table)), columns_(std::move(columns)) {}
  // kInvalid: not a row of this table.
  Status add(const boost::json::array& row);
  Status finish() { return flush(); }

 private:
  Status flush();
  std::string statement(std::size_t rows) const;

  SqlConnection& connection_;
  const std::string table_;
  const std::vector<SqlColumn> columns_;
  std::vector<bool> nulls_;  // of the rows that wait: where they have none
  SqlRow waiting_;
  std::size_t rows_ = 0, bytes_ = 0;
};

}  // namespace moongate
