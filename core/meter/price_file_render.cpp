// A price row as text.
#include "base/log.h"
#include "meter/price_file.h"
#include "meter/price_file_fields.h"

namespace moongate {
namespace {

// An object under construction.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  ~Members() { out_ += '}'; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  std::string& name(std::string_view key) {
    out_ += first_ ? "\"" : ",\"";
    first_ = false;
    append_json_escaped(out_, key);
    return out_ += "\":";
  }
  void text(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    name(key) += '"';
    append_json_escaped(out_, value);
    out_ += '"';
  }
  void dollars(std::string_view key, NanoDollars amount) {
    if (amount != kNoPrice) text(key, format_dollars(amount));
  }
  void factor(std::string_view key, std::int64_t ppm) {
    if (ppm != kNoFactor) text(key, format_dollars(ppm * 1000));  // as many places as it takes, two at least
  }
  void prices(const TokenPrices& prices) {
    for (std::size_t i = 0; i < kTokenPrices; ++i) {
      const auto kind = static_cast<TokenPrice>(i);
      dollars(to_string(kind), prices[kind]);
    }
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void render_factors(const PriceFactors& factors, std::string& out) {
  Members members(out);
  members.factor("batch", factors.batch_ppm);
  members.factor("flex", factors.flex_ppm);
  members.factor("priority", factors.priority_ppm);
  members.factor("provisioned", factors.provisioned_ppm);
  members.factor("fast", factors.fast_ppm);
  members.factor("regional", factors.regional_ppm);
  if (factors.geo.empty()) return;
  Members geo(members.name("geo"));
  for (const auto& [place, ppm] : factors.geo) geo.factor(place, ppm);
}

}  // namespace

std::string render_price_row(const PriceRow& row) {
  std::string out;
  {
    Members members(out);
    members.text("id", row.id);
    members.text("provider", row.provider);
    members.text("model", row.model);
    const PriceRow unbounded;
    if (row.effective_from_s != unbounded.effective_from_s) members.text("effective_from", format_price_day(row.effective_from_s));
    if (row.effective_until_s != unbounded.effective_until_s) members.text("effective_until", format_price_day(row.effective_until_s));
    members.prices(row.prices);
    members.dollars("web_search", row.web_search_nano);
    members.dollars("image", row.image_nano);
    members.dollars("video_second", row.video_nano);
    if (!row.tiers.empty()) {
      std::string& list = members.name("tiers") += '[';
      for (const PriceTier& tier : row.tiers) {
        if (&tier != &row.tiers.front()) list += ',';
        Members each(list);
        each.name("above_prompt_tokens") += std::to_string(tier.above_prompt_tokens);
        each.prices(tier.prices);
      }
      list += ']';
    }
    if (row.factors != PriceFactors()) render_factors(row.factors, members.name("multipliers"));
    members.text("source", row.source);
    members.text("date", row.date);
    members.text("notes", row.notes);
  }
  return out;
}

}  // namespace moongate
