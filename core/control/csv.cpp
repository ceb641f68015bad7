#include "control/csv.h"

namespace moongate {

void CsvText::separate() {
  if (in_row_) out_ += ',';
  in_row_ = true;
}

void CsvText::plain(std::string_view value) {
  separate();
  out_ += value;
}

void CsvText::text(std::string_view value) {
  separate();
  const bool formula = !value.empty() && std::string_view("=+-@\t\r").find(value.front()) != std::string_view::npos;
  if (!formula && value.find_first_of(",\"\r\n") == value.npos) {
    out_ += value;
    return;
  }
  out_ += '"';
  if (formula) out_ += '\'';
  for (char c : value) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  out_ += '"';
}

void CsvText::end_row() {
  out_ += "\n";
  in_row_ = false;
}

}  // namespace moongate
