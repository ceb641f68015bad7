#include "meter/price_file_fields.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "config/nearest.h"

namespace moongate {
namespace {

constexpr std::size_t kMostComplaints = 100;
constexpr NanoDollars kHighestPrice = 1'000'000 * kNanosPerDollar;  // beyond it somebody mistook the unit
constexpr std::int64_t kHighestFactor = 1000;
constexpr std::int64_t kMillion = 1'000'000;

}  // namespace

void PriceComplaints::add(std::size_t offset, const std::string& path, std::string message) {
  if (++count_ > kMostComplaints) return;
  if (count_ == kMostComplaints) {
    problems_.push_back({file_, 0, 0, "", "there are more problems, which are not listed", false});
    return;
  }
  const TextPosition at = position_of(text_, offset);
  problems_.push_back({file_, at.line, at.column, path, std::move(message), false});
}

int PriceComplaints::line_of(std::size_t offset) const {
  return count_ < kMostComplaints ? position_of(text_, offset).line : 0;
}

PriceFields::PriceFields(const JsonNode& node, std::string path, std::string_view what,
                         std::initializer_list<std::string_view> known, PriceComplaints& complaints)
    : node_(node), path_(std::move(path)), complaints_(complaints) {
  if (!is_object()) {
    complaints.add(node.begin, path_,
                   std::string(what) + " must be an object in braces, not " + std::string(name_of(node.type)));
    return;
  }
  const std::vector<std::string_view> names(known);
  std::unordered_set<std::string_view> seen;
  for (const JsonMember& member : node.members) {
    if (!seen.insert(member.key).second) {
      complaints.add(member.key_begin, json_path(path_, member.key), "is here for the second time; keep one");
    } else if (!names.empty() && std::find(names.begin(), names.end(), member.key) == names.end()) {
      complaints.add(member.key_begin, json_path(path_, quotable(member.key)),
                     "is not known; the nearest known member is \"" + std::string(nearest_name(member.key, names)) + "\"");
    }
  }
}

void PriceFields::complain(std::string_view key, std::string message) {
  const JsonNode* node = node_.find(key);
  complaints_.add(node == nullptr ? begin() : node->begin, json_path(path_, key), std::move(message));
}

const JsonNode* PriceFields::typed(std::string_view key, JsonNode::Type type) {
  const JsonNode* node = node_.find(key);
  if (node == nullptr || node->type == type) return node;
  complain(key, "must be " + std::string(name_of(type)) + ", not " + std::string(name_of(node->type)));
  return nullptr;
}

std::string PriceFields::text(std::string_view key, std::size_t most) {
  const JsonNode* node = typed(key, JsonNode::Type::kString);
  if (node == nullptr) return {};
  if (node->text.size() > most) {
    complain(key, "is longer than " + std::to_string(most) + " bytes; shorten it");
    return {};
  }
  return node->text;
}

std::string PriceFields::required_text(std::string_view key, std::size_t most, std::string_view hint) {
  if (!is_object()) return {};
  if (!has(key)) {
    complaints_.add(begin(), path_, "has no \"" + std::string(key) + "\"; " + std::string(hint));
    return {};
  }
  const std::size_t before = complaints_.count();
  std::string found = text(key, most);
  if (found.empty() && complaints_.count() == before) complain(key, "is empty; " + std::string(hint));
  return found;
}

const std::string* PriceFields::decimal(std::string_view key, std::size_t most_places) {
  const JsonNode* node = node_.find(key);
  if (node == nullptr) return nullptr;
  if (node->type != JsonNode::Type::kString && node->type != JsonNode::Type::kNumber) {
    complain(key, "must be a decimal number, as in \"2.50\", not " + std::string(name_of(node->type)));
    return nullptr;
  }
  const std::string& digits = node->text;
  if (digits.starts_with('-')) {
    complain(key, "is negative; leave the member out where there is no price");
    return nullptr;
  }
  const std::size_t point = digits.find('.');
  const bool plain = !digits.empty() && digits.find_first_not_of("0123456789.") == digits.npos &&
                     digits.find('.', point == digits.npos ? point : point + 1) == digits.npos && digits.front() != '.' &&
                     digits.back() != '.';
  if (!plain) {
    complain(key, "must be a plain decimal number, as in \"2.50\": digits and at most one point");
    return nullptr;
  }
  if (point != digits.npos && digits.size() - point - 1 > most_places) {
    complain(key, "has more than " + std::to_string(most_places) + " places after the point; round it");
    return nullptr;
  }
  return &digits;
}

NanoDollars PriceFields::dollars(std::string_view key) {
  const std::string* digits = decimal(key, 9);
  if (digits == nullptr) return kNoPrice;
  const std::optional<NanoDollars> amount = parse_dollars(*digits);
  if (amount && *amount <= kHighestPrice) return *amount;
  complain(key, "is more than " + std::to_string(kHighestPrice / kNanosPerDollar) + " dollars; prices are per million tokens");
  return kNoPrice;
}

std::int64_t PriceFields::factor_ppm(std::string_view key) {
  const std::string* digits = decimal(key, 6);
  if (digits == nullptr) return kNoFactor;
  const std::optional<NanoDollars> amount = parse_dollars(*digits);  // the same decimals, in thousandths of millionths
  if (amount && *amount <= kHighestFactor * kNanosPerDollar) return *amount / (kNanosPerDollar / kMillion);
  complain(key, "is a factor of more than " + std::to_string(kHighestFactor) + "; write \"1.1\" for ten per cent more");
  return kNoFactor;
}

std::optional<std::int64_t> PriceFields::day_s(std::string_view key) {
  const JsonNode* node = typed(key, JsonNode::Type::kString);
  if (node == nullptr) return std::nullopt;
  const std::optional<std::int64_t> day = parse_day(node->text);
  if (!day) complain(key, "is no day; write it as \"2026-10-07\"");
  return day;
}

TokenPrices PriceFields::token_prices() {
  TokenPrices prices;
  for (std::size_t i = 0; i < kTokenPrices; ++i) {
    const auto kind = static_cast<TokenPrice>(i);
    prices[kind] = dollars(to_string(kind));
  }
  return prices;
}

std::optional<std::int64_t> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int numbers[3] = {0, 0, 0};
  std::size_t part = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) {
      ++part;
    } else if (text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    } else {
      numbers[part] = numbers[part] * 10 + (text[i] - '0');
    }
  }
  const std::chrono::year_month_day day(std::chrono::year(numbers[0]),
                                        std::chrono::month(static_cast<unsigned>(numbers[1])),
                                        std::chrono::day(static_cast<unsigned>(numbers[2])));
  if (!day.ok() || numbers[0] < 1970) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::sys_days(day).time_since_epoch()).count();
}

std::string format_price_day(std::int64_t unix_s) {
  const std::chrono::year_month_day day(
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(unix_s))));
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                static_cast<unsigned>(day.day()));
  return text;
}

}  // namespace moongate
