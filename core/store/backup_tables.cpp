#include "store/backup_tables.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/utf8.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

namespace json = boost::json;

// Both databases take these marks, which let a column be called like one of their words.
std::string marked(const std::string& name) { return "`" + name + "`"; }

std::string_view word_after(std::string_view statement, std::string_view beginning) {
  if (!statement.starts_with(beginning)) return {};
  statement.remove_prefix(beginning.size());
  return statement.substr(0, statement.find_first_of(" ("));
}

json::value value_of(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const std::string& text = std::get<std::string>(value);
  if (!is_valid_utf8(text)) return json::object{{"base64", base64_encode(text)}};
  return json::string(text);
}

}  // namespace

std::vector<std::string> tables_at(const std::vector<Migration>& migrations, std::int64_t version) {
  std::vector<std::string> tables;
  for (const Migration& migration : migrations) {
    if (migration.version > version) break;
    for (const std::string& statement : split_statements(migration.up)) {
      if (const auto made = word_after(statement, "CREATE TABLE "); !made.empty()) tables.emplace_back(made);
      if (const auto gone = word_after(statement, "DROP TABLE "); !gone.empty()) std::erase(tables, gone);
    }
  }
  return tables;
}

std::string scripts_digest(const std::vector<Migration>& migrations, std::int64_t version) {
  std::string all;
  for (const Migration& migration : migrations) {
    if (migration.version <= version) all += sha256_hex(migration.up) + "\n";
  }
  return sha256_hex(all);
}

Status dump_table(SqlConnection& connection, const std::string& table, const std::vector<SqlColumn>& columns,
                  const std::function<Status(json::array)>& use) {
  // A driver gives an empty text or 0 for NULL; so whether there is a value is asked beside it.
  std::string names, flags;
  for (const SqlColumn& column : columns) {
    names += (names.empty() ? "" : ", ") + marked(column.name);
    if (column.nullable) flags += ", " + marked(column.name) + " IS NOT NULL";
  }
  return connection.each("SELECT " + names + flags + " FROM " + marked(table), [&](const SqlRow& row) -> Status {
    json::array line;
    line.reserve(columns.size());
    std::size_t flag = columns.size();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool there = !columns[i].nullable || std::get<std::int64_t>(row[flag++]) != 0;
      line.push_back(there ? value_of(row[i]) : json::value(nullptr));
    }
    return use(std::move(line));
  });
}

Status TableLoader::add(const json::array& row) {
  const Error wrong(ErrorKind::kInvalid, "a row of the back-up does not fit the table " + table_);
  if (row.size() != columns_.size()) return wrong;
  std::vector<bool> nulls;
  for (const json::value& value : row) nulls.push_back(value.is_null());
  constexpr std::size_t kRows = 50, kBytes = 256u << 10;
  if (rows_ > 0 && (nulls != nulls_ || rows_ == kRows || bytes_ > kBytes)) {
    if (Status done = flush(); !done) return done;
  }
  for (const json::value& value : row) {
    if (value.is_null()) continue;
    if (value.is_int64()) {
      waiting_.emplace_back(value.get_int64());
    } else if (value.is_string()) {
      waiting_.emplace_back(std::string(value.get_string()));
      bytes_ += value.get_string().size();
    } else {
      const json::value* encoded = value.is_object() ? value.get_object().if_contains("base64") : nullptr;
      auto bytes = encoded != nullptr && encoded->is_string() ? base64_decode(encoded->get_string()) : std::nullopt;
      if (!bytes) return wrong;
      waiting_.emplace_back(std::move(*bytes));
    }
  }
  nulls_ = std::move(nulls);
  ++rows_;
  return {};
}

std::string TableLoader::statement(std::size_t rows) const {
  std::string names, values;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    names += (i == 0 ? "" : ", ") + marked(columns_[i].name);
    values += std::string(i == 0 ? "" : ", ") + (nulls_[i] ? "NULL" : "?");
  }
  std::string text = "INSERT INTO " + marked(table_) + " (" + names + ") VALUES ";
  for (std::size_t i = 0; i < rows; ++i) text += (i == 0 ? "(" : ", (") + values + ")";
  return text;
}

Status TableLoader::flush() {
  if (rows_ == 0) return {};
  const Result<std::int64_t> done = connection_.execute(statement(rows_), waiting_);
  rows_ = bytes_ = 0;
  waiting_.clear();
  if (!done) return done.error();
  return {};
}

}  // namespace moongate
