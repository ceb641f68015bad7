// Reads the members of a price row. Inside price_file*.cpp only.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json_tree.h"
#include "config/settings.h"
#include "meter/price_book.h"

namespace moongate {

// The complaints about one text, with their places in it.
class PriceComplaints {
 public:
  PriceComplaints(std::string file, std::string_view text, std::vector<Problem>& problems)
      : file_(std::move(file)), text_(text), problems_(problems) {}
  void add(std::size_t offset, const std::string& path, std::string message);
  std::size_t count() const { return count_; }
  // 0 once so much is wrong that nothing more is listed.
  int line_of(std::size_t offset) const;

 private:
  std::string file_;
  std::string_view text_;
  std::vector<Problem>& problems_;
  std::size_t count_ = 0;
};

// One object whose members are all known. Each reader returns nothing (or what it was given) when the member is absent,
// and complains when it is there and wrong.
class PriceFields {
 public:
  PriceFields(const JsonNode& node, std::string path, std::string_view what,
              std::initializer_list<std::string_view> known, PriceComplaints& complaints);

  bool is_object() const { return node_.type == JsonNode::Type::kObject; }
  bool has(std::string_view key) const { return node_.find(key) != nullptr; }
  std::size_t begin() const { return node_.begin; }
  const std::string& path() const { return path_; }
  void complain(std::string_view key, std::string message);

  std::string text(std::string_view key, std::size_t most);
  std::string required_text(std::string_view key, std::size_t most, std::string_view hint);
  NanoDollars dollars(std::string_view key);  // kNoPrice
  std::int64_t factor_ppm(std::string_view key);  // kNoFactor
  std::optional<std::int64_t> day_s(std::string_view key);  // midnight UTC
  const JsonNode* array(std::string_view key) { return typed(key, JsonNode::Type::kArray); }
  const JsonNode* object(std::string_view key) { return typed(key, JsonNode::Type::kObject); }
  TokenPrices token_prices();

 private:
  const JsonNode* typed(std::string_view key, JsonNode::Type type);
  // A number's digits, written bare or in quotes.
  const std::string* decimal(std::string_view key, std::size_t most_places);

  const JsonNode& node_;
  std::string path_;
  PriceComplaints& complaints_;
};

// "2026-10-07"; nothing: no such day.
std::optional<std::int64_t> parse_day(std::string_view text);
std::string format_price_day(std::int64_t unix_s);

}  // namespace moongate
