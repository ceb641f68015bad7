// Comma-separated values (RFC 4180, but for plain line feeds) that a spreadsheet opens as data.
#pragma once

#include <string>
#include <string_view>

namespace moongate {

class CsvText {
 public:
  // Quoted where it must be. A text that a spreadsheet would run as a formula (=, +, -, @, tab first) gets a ' before it:
  // model names come from callers.
  void text(std::string_view value);
  // As it is: numbers, amounts, times.
  void plain(std::string_view value);
  void end_row();
  std::string take() { return std::move(out_); }

 private:
  void separate();
  std::string out_;
  bool in_row_ = false;
};

}  // namespace moongate
