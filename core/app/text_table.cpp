#include "app/text_table.h"

#include <algorithm>

#include "control/csv.h"

namespace moongate {
namespace {

// Code points, which is what names and amounts are wide.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string printable(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) text[i] = '?';
    // U+0080 to U+009F: terminals take them for control sequences, too.
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) text.replace(i, 2, "?");
  }
  return text;
}

}  // namespace

std::string TextTable::aligned() const {
  std::vector<std::size_t> widths;
  for (const TableColumn& column : columns_) widths.push_back(width_of(column.title));
  std::vector<std::vector<std::string>> lines(1);
  for (const TableColumn& column : columns_) lines.front().push_back(column.title);
  for (const auto& row : rows_) {
    auto& line = lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(printable(row[i]));
      widths[i] = std::max(widths[i], width_of(line.back()));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string gap(widths[i] - width_of(line[i]), ' ');
      if (i > 0) text += "  ";
      text += columns_[i].number ? gap + line[i] : line[i] + gap;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

std::string TextTable::csv() const {
  CsvText csv;
  for (const TableColumn& column : columns_) csv.text(column.title);
  csv.end_row();
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) columns_[i].number ? csv.plain(row[i]) : csv.text(row[i]);
    csv.end_row();
  }
  return csv.take();
}

}  // namespace moongate
