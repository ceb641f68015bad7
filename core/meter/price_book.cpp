#include "meter/price_book.h"

#include <algorithm>

#include "protocol/api.h"

namespace moongate {
namespace {

constexpr std::string_view kTokenPriceNames[kTokenPrices] = {
    "input",      "output",      "cache_write_5m", "cache_write_1h", "cache_read",
    "audio_input", "audio_output", "thoughts",     "tool_prompt"};

std::int64_t seconds_of(std::int64_t at_ms) {  // towards the past, before 1970 too
  return at_ms >= 0 ? at_ms / 1000 : -((-(at_ms + 1)) / 1000) - 1;
}

}  // namespace

std::string_view to_string(TokenPrice kind) { return kTokenPriceNames[static_cast<std::size_t>(kind)]; }

const TokenPrices& PriceRow::prices_for(std::int64_t prompt_tokens) const {
  const TokenPrices* found = &prices;
  for (const PriceTier& tier : tiers) {
    if (prompt_tokens > tier.above_prompt_tokens) found = &tier.prices;
  }
  return *found;
}

std::string_view family_of_model(std::string_view model) {
  if (const std::size_t at = model.find('@'); at != model.npos) return model.substr(0, at);
  constexpr std::size_t kDate = 9;  // "-20250929"
  if (model.size() <= kDate) return model;
  const std::string_view tail = model.substr(model.size() - kDate);
  if (!tail.starts_with("-20") || tail.find_first_not_of("0123456789", 1) != tail.npos) return model;
  return model.substr(0, model.size() - kDate);
}

PriceBook::PriceBook(std::vector<PriceRow> file, std::vector<PriceRow> stored) : rows_(std::move(stored)) {
  rows_.reserve(rows_.size() + file.size());
  for (PriceRow& row : file) rows_.push_back(std::move(row));
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    const std::string_view model = rows_[i].model;
    if (!model.ends_with('*')) {
      named_[model].push_back(i);
      continue;
    }
    const std::string_view text = model.substr(0, model.size() - 1);
    const auto known = std::find_if(beginnings_.begin(), beginnings_.end(),
                                    [&](const Beginning& beginning) { return beginning.text == text; });
    if (known == beginnings_.end()) {
      beginnings_.push_back({text, {i}});
    } else {
      known->rows.push_back(i);
    }
  }
  std::sort(beginnings_.begin(), beginnings_.end(),
            [](const Beginning& a, const Beginning& b) { return a.text.size() > b.text.size(); });
}

// Candidates are in the order of rows_, so that of equals the stored one comes first.
const PriceRow* PriceBook::pick(const std::vector<std::uint32_t>& candidates, std::string_view provider,
                                std::int64_t at_s) const {
  const PriceRow* any_provider = nullptr;
  for (const std::uint32_t index : candidates) {
    const PriceRow& row = rows_[index];
    if (at_s < row.effective_from_s || at_s >= row.effective_until_s) continue;
    if (row.provider == provider) return &row;
    if (row.provider == "*" && any_provider == nullptr) any_provider = &row;
  }
  return any_provider;
}

const PriceRow* PriceBook::find_named(std::string_view provider, std::string_view name, std::int64_t at_s) const {
  const auto found = named_.find(name);
  return found == named_.end() ? nullptr : pick(found->second, provider, at_s);
}

const PriceRow* PriceBook::find(std::string_view provider, std::string_view model, std::int64_t at_ms) const {
  const std::int64_t at_s = seconds_of(at_ms);
  model = model_of_resource(model);
  if (const PriceRow* row = find_named(provider, model, at_s); row != nullptr) return row;
  const std::string_view family = family_of_model(model);
  if (family != model) {
    if (const PriceRow* row = find_named(provider, family, at_s); row != nullptr) return row;
  }
  for (const Beginning& beginning : beginnings_) {
    if (!model.starts_with(beginning.text)) continue;
    if (const PriceRow* row = pick(beginning.rows, provider, at_s); row != nullptr) return row;
  }
  return nullptr;
}

}  // namespace moongate
