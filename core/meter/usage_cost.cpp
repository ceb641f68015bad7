#include "meter/usage_cost.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace moongate {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::int64_t counted(std::int64_t value) { return std::max<std::int64_t>(value, 0); }
std::int64_t add(std::int64_t a, std::int64_t b) { return a > kMost - b ? kMost : a + b; }  // neither is negative

bool thinks_inside_output(std::string_view provider) { return provider == "anthropic" || provider == "vertex-claude"; }

// A product of factors in millionths, kept in lowest terms.
class Factor {
 public:
  bool multiply(std::int64_t ppm) {
    std::int64_t over = ppm;
    std::int64_t under = kMillion;
    reduce(over, under);
    reduce(over, denominator_);
    reduce(numerator_, under);
    return !__builtin_mul_overflow(numerator_, over, &numerator_) &&
           !__builtin_mul_overflow(denominator_, under, &denominator_);
  }
  std::int64_t numerator() const { return numerator_; }
  std::int64_t denominator() const { return denominator_; }

 private:
  static void reduce(std::int64_t& a, std::int64_t& b) {
    const std::int64_t divisor = std::gcd(a, b);
    if (divisor <= 1) return;
    a /= divisor;
    b /= divisor;
  }
  std::int64_t numerator_ = 1;
  std::int64_t denominator_ = 1;
};

// One request's bill under construction.
class Bill {
 public:
  Bill(const PriceRow& row, UsageCost& cost) : row_(row), cost_(cost) {}

  void apply_factors(const CostContext& context) {
    const PriceFactors& factors = row_.factors;
    const std::string_view tier = context.batch ? std::string_view("batch") : context.service_tier;
    if (tier == "batch") {
      apply(factors.batch_ppm, "service tier ", tier);
    } else if (tier == "flex") {
      apply(factors.flex_ppm, "service tier ", tier);
    } else if (tier == "priority") {
      apply(factors.priority_ppm, "service tier ", tier);
    } else if (!tier.empty() && tier != "standard") {
      apply(tier == "provisioned" ? factors.provisioned_ppm : kNoFactor, "service tier ", tier);
    }
    if (!context.speed.empty() && context.speed != "standard") {
      apply(context.speed == "fast" ? factors.fast_ppm : kNoFactor, "speed ", context.speed);
    }
    const std::string_view geo = context.inference_geo;
    if (!geo.empty() && geo != "global" && geo != "not_available") {
      const auto found = std::find_if(factors.geo.begin(), factors.geo.end(), [&](const auto& each) { return each.first == geo; });
      apply(found == factors.geo.end() ? kNoFactor : found->second, "region ", geo);
    }
    // Older models cost the same everywhere, so that here no factor means none.
    const bool regional = !context.location.empty() && context.location != "global";
    if (regional && factors.regional_ppm != kNoFactor) apply(factors.regional_ppm, "location ", context.location);
    cost_.factor_numerator = factor_.numerator();
    cost_.factor_denominator = factor_.denominator();
    cost_.denominator = static_cast<WideInteger>(kMillion) * factor_.denominator();
  }

  void tokens(const TokenPrices& prices, TokenPrice kind, std::int64_t count) {
    NanoDollars price = prices[kind];
    if (price == kNoPrice && kind == TokenPrice::kThoughts) price = prices[TokenPrice::kOutput];
    if (price == kNoPrice && kind == TokenPrice::kToolPrompt) price = prices[TokenPrice::kInput];
    line(to_string(kind), count, price, kMillion, factor_.numerator());
  }
  void units(std::string_view name, std::int64_t count, NanoDollars price, std::int64_t per) {
    WideInteger weight = 0;
    // The denominator is a million times the factor's, so that dividing by `per` leaves nothing over.
    if (__builtin_mul_overflow(static_cast<WideInteger>(kMillion / per), factor_.denominator(), &weight)) saturate();
    line(name, count, price, per, weight);
  }

  void close(std::int64_t markup_ppm) {
    if (!cost_.why_unpriced.empty()) {
      cost_.saturated = false;
      cost_.line_count = 0;
      return;
    }
    cost_.priced = true;
    if (!cost_.saturated) {
      cost_.cost_nano = times(kMillion);
      cost_.billed_nano = times(markup_ppm);
    }
    if (cost_.saturated) cost_.cost_nano = cost_.billed_nano = kMost;
  }

 private:
  void unpriced(std::string why) {
    if (cost_.why_unpriced.empty()) cost_.why_unpriced = std::move(why);
  }
  void apply(std::int64_t ppm, const char* what, std::string_view which) {
    if (ppm == kNoFactor) {
      unpriced("price row " + row_.id + " has no factor for " + what + std::string(which));
    } else if (!factor_.multiply(ppm)) {
      unpriced("price row " + row_.id + " has factors of too many places to be multiplied exactly");
    }
  }
  void line(std::string_view name, std::int64_t count, NanoDollars price, std::int64_t per, WideInteger weight) {
    if (count <= 0) return;
    if (price == kNoPrice) {
      unpriced("price row " + row_.id + " has no price for " + std::string(name));
      return;
    }
    CostLine& line = cost_.lines[cost_.line_count++];
    line.name = name;
    line.count = count;
    line.price_nano = price;
    line.per = per;
    // Two factors of 63 bits make no more than 126.
    const WideInteger plain = static_cast<WideInteger>(count) * price;
    if (__builtin_mul_overflow(plain, weight, &line.amount) || __builtin_add_overflow(sum_, line.amount, &sum_)) saturate();
  }
  // The sum times `ppm` millionths, rounded half up. Whole nano-dollars and the rest are multiplied apart, so that no step
  // needs more than 128 bits where the result fits into 64.
  NanoDollars times(std::int64_t ppm) {
    const WideInteger under = cost_.denominator;
    const WideInteger whole = sum_ / under;
    WideInteger rest = 0;
    if (whole > kMost || __builtin_mul_overflow(sum_ % under, static_cast<WideInteger>(ppm), &rest)) {
      saturate();
      return kMost;
    }
    const WideInteger millionths = whole * ppm + rest / under;
    WideInteger result = millionths / kMillion;
    // Less than a millionth is left besides, which cannot make a half of less than one.
    if (millionths % kMillion >= kMillion / 2) ++result;
    if (result <= kMost) return static_cast<NanoDollars>(result);
    saturate();
    return kMost;
  }
  void saturate() { cost_.saturated = true; }

  const PriceRow& row_;
  UsageCost& cost_;
  Factor factor_;
  WideInteger sum_ = 0;
};

}  // namespace

std::int64_t CostCounts::prompt_tokens() const {
  return add(add(input, cache_read), add(cache_write_5m, cache_write_1h));
}

CostCounts counts_of(const Usage& usage, std::string_view provider) {
  CostCounts counts;
  counts.input = counted(usage.input);
  counts.cache_write_5m = counted(usage.cache_write_5m);
  counts.cache_write_1h = counted(usage.cache_write_1h);
  counts.cache_read = counted(usage.cache_read);
  counts.output = counted(usage.output);
  counts.thoughts = thinks_inside_output(provider) ? 0 : counted(usage.thoughts);
  counts.tool_prompt = counted(usage.tool_prompt);
  counts.audio_input = counted(usage.audio_input);
  counts.audio_output = counted(usage.audio_output);
  counts.web_searches = counted(usage.web_searches);
  counts.images = counted(usage.images);
  counts.video_ms = counted(usage.video_ms);
  return counts;
}

CostCounts counts_of(const LedgerRecord& record) {
  CostCounts counts;
  counts.input = counted(record.input_tokens);
  counts.cache_write_5m = counted(record.cache_write_5m_tokens);
  counts.cache_write_1h = counted(record.cache_write_1h_tokens);
  counts.cache_read = counted(record.cache_read_tokens);
  counts.output = counted(record.output_tokens);
  counts.thoughts = thinks_inside_output(record.provider) ? 0 : counted(record.thought_tokens);
  counts.tool_prompt = counted(record.tool_prompt_tokens);
  counts.audio_input = counted(record.audio_input_tokens);
  counts.audio_output = counted(record.audio_output_tokens);
  counts.web_searches = counted(record.web_searches);
  counts.images = counted(record.images);
  counts.video_ms = counted(record.video_ms);
  return counts;
}

UsageCost free_of_charge() {
  UsageCost cost;
  cost.priced = true;
  return cost;
}

bool is_free_of_charge(std::string_view operation, int status) {
  return operation == to_string(Operation::kCountTokens) || status >= 400;
}

UsageCost cost_of(const CostCounts& counts, const PriceRow* row, const CostContext& context, std::int64_t markup_ppm) {
  if (counts == CostCounts()) return free_of_charge();
  UsageCost cost;
  if (row == nullptr) {
    cost.why_unpriced = "no price row fits this provider, model and date";
    return cost;
  }
  cost.price_id = row->id;
  Bill bill(*row, cost);
  bill.apply_factors(context);
  const TokenPrices& prices = row->prices_for(counts.prompt_tokens());
  const std::int64_t audio_input = std::min(counts.audio_input, counts.input);
  const std::int64_t audio_output = std::min(counts.audio_output, counts.output);
  bill.tokens(prices, TokenPrice::kInput, counts.input - audio_input);
  bill.tokens(prices, TokenPrice::kAudioInput, audio_input);
  bill.tokens(prices, TokenPrice::kCacheWrite5m, counts.cache_write_5m);
  bill.tokens(prices, TokenPrice::kCacheWrite1h, counts.cache_write_1h);
  bill.tokens(prices, TokenPrice::kCacheRead, counts.cache_read);
  bill.tokens(prices, TokenPrice::kOutput, counts.output - audio_output);
  bill.tokens(prices, TokenPrice::kAudioOutput, audio_output);
  bill.tokens(prices, TokenPrice::kThoughts, counts.thoughts);
  bill.tokens(prices, TokenPrice::kToolPrompt, counts.tool_prompt);
  bill.units("web_search", counts.web_searches, row->web_search_nano, 1000);
  bill.units("image", counts.images, row->image_nano, 1);
  bill.units("video_second", counts.video_ms, row->video_nano, 1000);
  bill.close(counted(markup_ppm));
  return cost;
}

void reprice(const PriceBook& book, LedgerRecord& record) {
  UsageCost cost = free_of_charge();
  if (!is_free_of_charge(record.operation, record.status)) {
    const PriceRow* row = book.find(record.provider, record.upstream_model, record.ended_at_ms);
    const CostContext context{record.location, record.service_tier, record.inference_geo, record.speed, false};
    cost = cost_of(counts_of(record), row, context, record.markup_ppm);
  }
  record.priced = cost.priced;
  record.cost_nano = cost.cost_nano;
  record.billed_nano = cost.billed_nano;
  record.price_id = cost.price_id;
}

std::string describe(const UsageCost& cost) {
  std::string out(cost.price_id);
  if (!cost.priced) return out + (out.empty() ? "" : ": ") + "cost unknown: " + cost.why_unpriced;
  if (cost.line_count == 0) return "free of charge";
  for (std::size_t i = 0; i < cost.line_count; ++i) {
    const CostLine& line = cost.lines[i];
    out += (i == 0 ? ": " : ", ") + std::to_string(line.count) + " " + std::string(line.name) + " at " +
           format_dollars(line.price_nano) + " per " + std::to_string(line.per);
  }
  if (cost.factor_numerator != cost.factor_denominator) {
    out += ", tokens times " + std::to_string(cost.factor_numerator) + "/" + std::to_string(cost.factor_denominator);
  }
  return out + " = " + format_dollars(cost.cost_nano) + (cost.saturated ? " or more" : "");
}

bool estimate_missing(Usage& usage, const PassedBytes& passed) {
  constexpr std::int64_t kBytesPerToken = 4;
  constexpr std::int64_t kMostInput = 1'000'000;
  const auto tokens_in = [](std::uint64_t bytes) {
    const std::uint64_t most = static_cast<std::uint64_t>(kMost) / 2;
    return (static_cast<std::int64_t>(std::min(bytes, most)) + kBytesPerToken - 1) / kBytesPerToken;
  };
  bool estimated = false;
  const std::uint64_t text = std::max(static_cast<std::uint64_t>(counted(usage.uncounted_text_bytes)), passed.unreadable);
  if (text > 0 && (!usage.complete || !usage.any())) {
    usage.output = add(counted(usage.output), tokens_in(text));
    usage.uncounted_text_bytes = 0;
    estimated = true;
  }
  const bool told = usage.input >= 0 || usage.cache_read >= 0 || usage.images >= 0 || usage.video_ms >= 0;
  if (passed.request > 0 && !told) {
    usage.input = std::min(tokens_in(passed.request), kMostInput);
    estimated = true;
  }
  return estimated;
}

}  // namespace moongate
