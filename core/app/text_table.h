// Rows of text as people read them (aligned columns) or as programs do (CSV).
#pragma once

#include <string>
#include <vector>

namespace moongate {

struct TableColumn {
  std::string title;
  bool number = false;  // stands at the right
};

class TextTable {
 public:
  explicit TextTable(std::vector<TableColumn> columns) : columns_(std::move(columns)) {}
  // As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // A line of titles, then one for each row; control characters are shown as '?', since names of models come from
  // callers and a terminal obeys them.
  std::string aligned() const;
  std::string csv() const;

 private:
  std::vector<TableColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace moongate
