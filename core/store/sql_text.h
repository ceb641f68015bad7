// Statements whose text depends on how many rows go into them, or on the database.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql_driver.h"

namespace moongate {

struct SqlTable {
  std::string_view name;
  std::vector<std::string_view> columns;
  std::size_t key_columns = 0;  // the first of them, for upserts
};

// "a, b, c"
std::string column_list(const SqlTable& table);
// "INSERT INTO t (a, b) VALUES (?, ?), (?, ?)"
std::string insert_text(const SqlTable& table, std::size_t rows);
// The same, and where a row with that key is there the numbers behind the key are added to it.
std::string adding_insert_text(SqlDialect dialect, const SqlTable& table, std::size_t rows);

// Cuts `rows` into pieces of 500, 100, 20, 5 and 1, so that a connection prepares five statements and not a
// thousand; `use` gets a piece's beginning and size. Fewer rows a statement where a row has so many columns
// that SQLite's 32,766 parameters would not do.
Status in_pieces(std::size_t rows, std::size_t columns,
                 const std::function<Status(std::size_t begin, std::size_t size)>& use);

// Inserts all of `rows`. False: one of the keys is there already; the caller has to roll back.
Result<bool> insert_rows(SqlConnection& connection, const SqlTable& table, std::vector<SqlRow> rows);
Status add_rows(SqlConnection& connection, const SqlTable& table, std::vector<SqlRow> rows);
// Which of `values` (not empty) are in the column; each once, in no order.
Result<std::vector<std::string>> present_in(SqlConnection& connection, std::string_view table,
                                            std::string_view column, const std::vector<std::string>& values);

}  // namespace moongate
