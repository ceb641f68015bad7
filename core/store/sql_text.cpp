#include "store/sql_text.h"

#include <algorithm>
#include <iterator>

namespace moongate {
namespace {

constexpr std::size_t kPieces[] = {500, 100, 20, 5, 1};
constexpr std::size_t kParameters = 32'000;

SqlRow joined(std::vector<SqlRow>& rows, std::size_t begin, std::size_t size) {
  SqlRow parameters;
  parameters.reserve(size * rows[begin].size());
  for (std::size_t i = begin; i < begin + size; ++i) {
    parameters.insert(parameters.end(), std::make_move_iterator(rows[i].begin()),
                      std::make_move_iterator(rows[i].end()));
  }
  return parameters;
}

}  // namespace

std::string column_list(const SqlTable& table) {
  std::string text;
  for (const std::string_view column : table.columns) {
    if (!text.empty()) text += ", ";
    text += column;
  }
  return text;
}

std::string insert_text(const SqlTable& table, std::size_t rows) {
  std::string row = "(?";
  for (std::size_t i = 1; i < table.columns.size(); ++i) row += ", ?";
  row += ')';
  std::string text = "INSERT INTO " + std::string(table.name) + " (" + column_list(table) + ") VALUES " + row;
  for (std::size_t i = 1; i < rows; ++i) text += ", " + row;
  return text;
}

std::string adding_insert_text(SqlDialect dialect, const SqlTable& table, std::size_t rows) {
  const bool mysql = dialect == SqlDialect::kMysql;
  std::string text = insert_text(table, rows);
  if (mysql) {
    text += " ON DUPLICATE KEY UPDATE ";
  } else {
    std::string keys;
    for (std::size_t i = 0; i < table.key_columns; ++i) {
      keys.append(keys.empty() ? "" : ", ").append(table.columns[i]);
    }
    text += " ON CONFLICT (" + keys + ") DO UPDATE SET ";
  }
  for (std::size_t i = table.key_columns; i < table.columns.size(); ++i) {
    const std::string column(table.columns[i]);
    if (i > table.key_columns) text += ", ";
    // MySQL 8 has another word for the new row, which MariaDB does not know; both know this one.
    text += column + " = " + (mysql ? column : std::string(table.name) + "." + column) + " + " +
            (mysql ? "VALUES(" + column + ")" : "excluded." + column);
  }
  return text;
}

Status in_pieces(std::size_t rows, std::size_t columns,
                 const std::function<Status(std::size_t begin, std::size_t size)>& use) {
  std::size_t begin = 0;
  while (begin < rows) {
    const auto* size = std::find_if(std::begin(kPieces), std::end(kPieces), [&](std::size_t piece) {
      return piece == 1 || (piece <= rows - begin && piece * columns <= kParameters);
    });
    if (Status done = use(begin, *size); !done) return done;
    begin += *size;
  }
  return {};
}

Result<bool> insert_rows(SqlConnection& connection, const SqlTable& table, std::vector<SqlRow> rows) {
  bool fresh = true;
  const Status done =
      in_pieces(rows.size(), table.columns.size(), [&](std::size_t begin, std::size_t size) -> Status {
        if (!fresh) return {};
        const Result<bool> inserted = connection.insert(insert_text(table, size), joined(rows, begin, size));
        if (!inserted) return inserted.error();
        fresh = *inserted;
        return {};
      });
  if (!done) return done.error();
  return fresh;
}

Status add_rows(SqlConnection& connection, const SqlTable& table, std::vector<SqlRow> rows) {
  return in_pieces(rows.size(), table.columns.size(), [&](std::size_t begin, std::size_t size) -> Status {
    const Result<std::int64_t> added =
        connection.execute(adding_insert_text(connection.dialect(), table, size), joined(rows, begin, size));
    if (!added) return added.error();
    return {};
  });
}

Result<std::vector<std::string>> present_in(SqlConnection& connection, std::string_view table,
                                            std::string_view column, const std::vector<std::string>& values) {
  std::vector<std::string> present;
  const Status done = in_pieces(values.size(), 1, [&](std::size_t begin, std::size_t size) -> Status {
    std::string text = "SELECT " + std::string(column) + " FROM " + std::string(table) + " WHERE " +
                       std::string(column) + " IN (?";
    for (std::size_t i = 1; i < size; ++i) text += ", ?";
    text += ')';
    SqlRow parameters;
    for (std::size_t i = begin; i < begin + size; ++i) parameters.emplace_back(values[i]);
    const Result<std::vector<SqlRow>> rows = connection.query(text, parameters);
    if (!rows) return rows.error();
    for (const SqlRow& row : *rows) present.push_back(std::get<std::string>(row[0]));
    return {};
  });
  if (!done) return done.error();
  return present;
}

}  // namespace moongate
