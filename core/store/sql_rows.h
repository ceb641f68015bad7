// Rows of a query, read column by column.
#pragma once

#include <string>

#include "store/sql_driver.h"

namespace moongate {

// Columns of a row, in order; the queries name them, so a wrong type is our own mistake and gives 0 or "".
class RowReader {
 public:
  explicit RowReader(const SqlRow& row) : row_(row) {}
  std::string text() {
    const auto* value = std::get_if<std::string>(&row_[next_++]);
    return value != nullptr ? *value : std::string();
  }
  std::int64_t number() {
    const auto* value = std::get_if<std::int64_t>(&row_[next_++]);
    return value != nullptr ? *value : 0;
  }
  bool flag() { return number() != 0; }
  int small() { return static_cast<int>(number()); }

 private:
  const SqlRow& row_;
  std::size_t next_ = 0;
};

// Whether a statement met a row at all.
inline Result<bool> matched_any(const Result<std::int64_t>& matched) {
  if (!matched) return matched.error();
  return *matched > 0;
}

}  // namespace moongate
