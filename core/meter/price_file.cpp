#include "meter/price_file.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "config/file_read.h"
#include "config/nearest.h"
#include "meter/price_file_fields.h"

namespace moongate {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kLongestRemark = 2000;
constexpr std::string_view kProviders[] = {"vertex", "vertex-claude", "anthropic", "gemini", "*"};

struct PlacedRow {
  PriceRow row;
  std::size_t begin = 0;
  std::string path;
};

void read_factors(PriceFields& row_fields, PriceFactors& factors, PriceComplaints& complaints) {
  const JsonNode* node = row_fields.object("multipliers");
  if (node == nullptr) return;
  PriceFields fields(*node, json_path(row_fields.path(), "multipliers"), "the multipliers",
                     {"batch", "flex", "priority", "provisioned", "fast", "regional", "geo"}, complaints);
  factors.batch_ppm = fields.factor_ppm("batch");
  factors.flex_ppm = fields.factor_ppm("flex");
  factors.priority_ppm = fields.factor_ppm("priority");
  factors.provisioned_ppm = fields.factor_ppm("provisioned");
  factors.fast_ppm = fields.factor_ppm("fast");
  factors.regional_ppm = fields.factor_ppm("regional");
  const JsonNode* places = fields.object("geo");
  if (places == nullptr) return;
  PriceFields by_geo(*places, json_path(fields.path(), "geo"), "the regions", {}, complaints);
  for (const JsonMember& member : places->members) {
    if (member.key.empty() || member.key.size() > 15) {
      by_geo.complain(member.key, "is no region as answers name it, as in \"us\"");
      continue;
    }
    factors.geo.emplace_back(member.key, by_geo.factor_ppm(member.key));
  }
}

// What the row has a price for, the tier needs one for, too: it would not be found out before the first long prompt.
void compare_tier(const TokenPrices& base, const TokenPrices& tier, PriceFields& fields) {
  for (std::size_t i = 0; i < kTokenPrices; ++i) {
    const auto kind = static_cast<TokenPrice>(i);
    if (base[kind] == kNoPrice || tier[kind] != kNoPrice) continue;
    fields.complain(to_string(kind), "is missing; a tier stands alone, so give each price that the row has");
  }
}

void read_tiers(PriceFields& row_fields, PriceRow& row, PriceComplaints& complaints) {
  const JsonNode* list = row_fields.array("tiers");
  if (list == nullptr) return;
  const std::string path = json_path(row_fields.path(), "tiers");
  if (list->items.size() > 8) return complaints.add(list->begin, path, "has more than 8 tiers");
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    PriceFields fields(list->items[i], json_path(path, i), "a tier",
                       {"above_prompt_tokens", "input", "output", "cache_write_5m", "cache_write_1h", "cache_read",
                        "audio_input", "audio_output", "thoughts", "tool_prompt"},
                       complaints);
    if (!fields.is_object()) continue;
    PriceTier tier;
    const JsonNode* above = list->items[i].find("above_prompt_tokens");
    if (above != nullptr && above->type == JsonNode::Type::kNumber && above->text.size() < 12 &&
        above->text.find_first_not_of("0123456789") == std::string::npos) {
      tier.above_prompt_tokens = std::stoll(above->text);
    }
    if (tier.above_prompt_tokens <= 0) {
      fields.complain("above_prompt_tokens", "must be a whole number of tokens above 0, as in 200000");
      continue;
    }
    if (!row.tiers.empty() && tier.above_prompt_tokens <= row.tiers.back().above_prompt_tokens) {
      fields.complain("above_prompt_tokens", "must be more than in the tier before");
    }
    tier.prices = fields.token_prices();
    compare_tier(row.prices, tier.prices, fields);
    row.tiers.push_back(std::move(tier));
  }
}

bool has_any_price(const PriceRow& row) {
  const auto& prices = row.prices.nano_per_million;
  return std::any_of(prices.begin(), prices.end(), [](NanoDollars price) { return price != kNoPrice; }) ||
         row.web_search_nano != kNoPrice || row.image_nano != kNoPrice || row.video_nano != kNoPrice;
}

void read_names(PriceFields& fields, PriceRow& row) {
  row.id = fields.required_text("id", kLongestName, "write a short name that no other row has");
  if (row.id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:@") != row.id.npos) {
    fields.complain("id", "may have letters, digits and - _ . : @ only");
  }
  row.provider = fields.required_text("provider", kLongestName, "write vertex, vertex-claude, anthropic, gemini or *");
  if (!row.provider.empty() && std::find(std::begin(kProviders), std::end(kProviders), row.provider) == std::end(kProviders)) {
    fields.complain("provider", "is no provider; the nearest is \"" + std::string(nearest_name(row.provider, kProviders)) + "\"");
  }
  row.model = fields.required_text("model", kLongestName, "write the model's name, or its beginning and *");
  const std::size_t star = row.model.find('*');
  if (star != row.model.npos && star + 1 != row.model.size()) {
    fields.complain("model", "may have one * only, at its end");
  }
  if (row.model.find('/') != row.model.npos) fields.complain("model", "must be the bare name, without \"models/\"");
}

PriceRow read_row(const JsonNode& node, const std::string& path, PriceComplaints& complaints) {
  PriceFields fields(node, path, "a price row",
                     {"id", "provider", "model", "effective_from", "effective_until", "input", "output", "cache_write_5m",
                      "cache_write_1h", "cache_read", "audio_input", "audio_output", "thoughts", "tool_prompt",
                      "web_search", "image", "video_second", "tiers", "multipliers", "source", "date", "notes"},
                     complaints);
  PriceRow row;
  if (!fields.is_object()) return row;
  read_names(fields, row);
  if (const auto from = fields.day_s("effective_from")) row.effective_from_s = *from;
  if (const auto until = fields.day_s("effective_until")) row.effective_until_s = *until;
  if (row.effective_until_s <= row.effective_from_s) {
    fields.complain("effective_until", "must be after effective_from; it is the first day without this price");
  }
  const std::size_t complaints_before = complaints.count();
  row.prices = fields.token_prices();
  row.web_search_nano = fields.dollars("web_search");
  row.image_nano = fields.dollars("image");
  row.video_nano = fields.dollars("video_second");
  if (!has_any_price(row) && complaints.count() == complaints_before) complaints.add(node.begin, path, "has no price; give one, or leave the row out");
  read_tiers(fields, row, complaints);
  read_factors(fields, row.factors, complaints);
  row.source = fields.required_text("source", kLongestRemark, "write where the figures are from");
  row.date = fields.required_text("date", kLongestName, "write the day on which the figures were read, as \"2026-10-07\"");
  if (!row.date.empty() && !parse_day(row.date)) fields.complain("date", "is no day; write it as \"2026-10-07\"");
  row.notes = fields.text("notes", kLongestRemark);
  return row;
}

void compare_rows(const std::vector<PlacedRow>& rows, PriceComplaints& complaints) {
  std::unordered_map<std::string_view, const PlacedRow*> ids;
  std::map<std::pair<std::string_view, std::string_view>, std::vector<const PlacedRow*>> by_pattern;
  for (const PlacedRow& placed : rows) {
    const auto [first, fresh] = ids.emplace(placed.row.id, &placed);
    if (!fresh && !placed.row.id.empty()) {
      complaints.add(placed.begin, json_path(placed.path, "id"),
                     "\"" + quotable(placed.row.id) + "\" is the id of the row on line " +
                         std::to_string(complaints.line_of(first->second->begin)) + ", too; give each row its own");
    }
    by_pattern[{placed.row.provider, placed.row.model}].push_back(&placed);
  }
  for (auto& [pattern, same] : by_pattern) {
    std::sort(same.begin(), same.end(), [](const PlacedRow* a, const PlacedRow* b) {
      return std::pair(a->row.effective_from_s, a->begin) < std::pair(b->row.effective_from_s, b->begin);
    });
    for (std::size_t i = 1; i < same.size(); ++i) {
      if (same[i]->row.effective_from_s >= same[i - 1]->row.effective_until_s) continue;
      complaints.add(same[i]->begin, same[i]->path,
                     "overlaps with the row on line " + std::to_string(complaints.line_of(same[i - 1]->begin)) +
                         ", which is for the same provider and model; end the earlier with effective_until");
    }
  }
}

}  // namespace

std::vector<PriceRow> parse_price_file(const std::string& file, std::string_view text, std::vector<Problem>& problems) {
  PriceComplaints complaints(file, text, problems);
  JsonNode root;
  if (text.size() > kMaxConfigBytes) {
    complaints.add(0, "", "is larger than 1 MiB, which is no price table");
    return {};
  }
  if (const auto fault = parse_json(text, root)) {
    complaints.add(fault->offset, fault->path, fault->message);
    return {};
  }
  const JsonNode* list = &root;
  std::string list_path = "$";
  if (root.type != JsonNode::Type::kArray) {
    PriceFields fields(root, "$", "the price table", {"about", "prices"}, complaints);
    fields.text("about", kLongestRemark);
    list = fields.array("prices");
    list_path = "$.prices";
  }
  if (list == nullptr && complaints.count() == 0) complaints.add(0, "$", "has no \"prices\"; write a list of rows");
  std::vector<PlacedRow> placed;
  if (list != nullptr && list->items.size() > kMaxPriceRows) {
    complaints.add(list->begin, list_path, "has more than " + std::to_string(kMaxPriceRows) + " rows");
  } else if (list != nullptr) {
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      const std::string path = json_path(list_path, i);
      placed.push_back({read_row(list->items[i], path, complaints), list->items[i].begin, path});
    }
    compare_rows(placed, complaints);
  }
  std::vector<PriceRow> rows;
  if (complaints.count() != 0) return rows;
  for (PlacedRow& each : placed) rows.push_back(std::move(each.row));
  return rows;
}

std::vector<PriceRow> load_price_file(const std::string& path, std::vector<Problem>& problems) {
  const Result<FileText> text = read_whole_file(path, kMaxConfigBytes);
  if (text.ok()) return parse_price_file(path, text->text, problems);
  problems.push_back({path, 0, 0, "", "the price table " + text.error().message, false});
  return {};
}

Result<StoredPrice> parse_price_row(std::string_view json) {
  std::vector<Problem> problems;
  PriceComplaints complaints("", json, problems);
  StoredPrice stored;
  JsonNode root;
  if (json.size() > kMaxConfigBytes / 16) return Error(ErrorKind::kInvalid, "$: the price row is larger than 64 KiB");
  if (const auto fault = parse_json(json, root)) return Error(ErrorKind::kInvalid, fault->path + ": " + fault->message);
  stored.row = read_row(root, "$", complaints);
  if (!problems.empty()) return Error(ErrorKind::kInvalid, problems.front().path + ": " + problems.front().message);
  const PriceRow& row = stored.row;
  constexpr auto kAlways = std::numeric_limits<std::int64_t>::min();
  constexpr auto kForGood = std::numeric_limits<std::int64_t>::max();
  stored.record = {row.id, row.provider, row.model, row.effective_from_s == kAlways ? 0 : row.effective_from_s,
                   row.effective_until_s == kForGood ? 0 : row.effective_until_s, std::string(json)};
  return stored;
}

std::vector<PriceRow> parse_price_records(const std::vector<PriceRecord>& records, std::vector<Problem>& problems) {
  PriceComplaints complaints("store", "", problems);
  std::vector<PlacedRow> placed;
  for (const PriceRecord& record : records) {
    Result<StoredPrice> stored = parse_price_row(record.row);
    if (stored.ok()) {
      placed.push_back({std::move(stored->row), 0, record.id});
    } else {
      complaints.add(0, quotable(record.id), stored.error().message);
    }
  }
  compare_rows(placed, complaints);
  std::vector<PriceRow> rows;
  if (complaints.count() != 0) return rows;
  for (PlacedRow& each : placed) rows.push_back(std::move(each.row));
  return rows;
}

}  // namespace moongate
