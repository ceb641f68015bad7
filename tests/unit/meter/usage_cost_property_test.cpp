// What holds of every bill, tried with seeded random counts, prices and ways of serving.
#include <gtest/gtest.h>

#include <random>

#include "meter/usage_cost.h"

namespace moongate {
namespace {

constexpr std::int64_t CostCounts::* kCounts[] = {
    &CostCounts::input,       &CostCounts::cache_write_5m, &CostCounts::cache_write_1h, &CostCounts::cache_read,
    &CostCounts::output,      &CostCounts::thoughts,       &CostCounts::tool_prompt,    &CostCounts::audio_input,
    &CostCounts::audio_output, &CostCounts::web_searches,  &CostCounts::images,         &CostCounts::video_ms};

class Dice {
 public:
  std::int64_t upto(std::int64_t most) { return static_cast<std::int64_t>(random_() % (static_cast<std::uint64_t>(most) + 1)); }

  CostCounts counts() {
    CostCounts made;
    for (const auto count : kCounts) {
      if (upto(2) != 0) made.*count = upto(2'000'000);
    }
    made.audio_input = std::min(made.audio_input, made.input);
    made.audio_output = std::min(made.audio_output, made.output);
    return made;
  }
  PriceRow row(bool tiers) {
    PriceRow made;
    made.id = "r";
    for (NanoDollars& price : made.prices.nano_per_million) price = upto(100 * kNanosPerDollar);
    made.web_search_nano = upto(100 * kNanosPerDollar);
    made.image_nano = upto(kNanosPerDollar);
    made.video_nano = upto(kNanosPerDollar);
    PriceFactors& factors = made.factors;
    for (auto* factor : {&factors.batch_ppm, &factors.flex_ppm, &factors.priority_ppm, &factors.provisioned_ppm,
                         &factors.fast_ppm, &factors.regional_ppm}) {
      *factor = upto(10'000) * 1000;  // three places: prices have no more
    }
    factors.geo = {{"us", upto(2'000) * 1000}};
    if (tiers) {
      PriceTier tier;
      tier.above_prompt_tokens = 200'000;
      tier.prices = made.prices;
      for (NanoDollars& price : tier.prices.nano_per_million) price += upto(kNanosPerDollar);  // dearer, as tiers are
      made.tiers.push_back(tier);
    }
    return made;
  }
  CostContext context() {
    static constexpr std::string_view kTiers[] = {"", "standard", "batch", "flex", "priority", "provisioned"};
    CostContext made;
    made.service_tier = kTiers[upto(5)];
    if (upto(1) != 0) made.speed = "fast";
    if (upto(1) != 0) made.inference_geo = "us";
    if (upto(1) != 0) made.location = "eu";
    return made;
  }

 private:
  std::mt19937_64 random_{20261120};
};

TEST(UsageCostProperty, TheLinesAddUpToTheTotalBeforeItIsRounded) {
  Dice dice;
  for (int round = 0; round < 5000; ++round) {
    const PriceRow row = dice.row(true);
    const UsageCost cost = cost_of(dice.counts(), &row, dice.context(), 1'000'000);
    ASSERT_TRUE(cost.priced && !cost.saturated) << cost.why_unpriced;
    WideInteger sum = 0;
    for (std::size_t i = 0; i < cost.line_count; ++i) sum += cost.lines[i].amount;
    // No more than half a nano-dollar away, and a half is rounded up.
    const WideInteger twice_off = 2 * (static_cast<WideInteger>(cost.cost_nano) * cost.denominator - sum);
    ASSERT_TRUE(twice_off > -cost.denominator && twice_off <= cost.denominator);
  }
}

TEST(UsageCostProperty, AMarkupOfOneBillsTheCostAndTwoWithinRoundingTwice) {
  Dice dice;
  for (int round = 0; round < 2000; ++round) {
    const PriceRow row = dice.row(true);
    const CostCounts counts = dice.counts();
    const CostContext context = dice.context();
    const UsageCost plain = cost_of(counts, &row, context, 1'000'000);
    ASSERT_EQ(plain.billed_nano, plain.cost_nano);
    const UsageCost doubled = cost_of(counts, &row, context, 2'000'000);
    ASSERT_EQ(doubled.cost_nano, plain.cost_nano);
    ASSERT_LE(std::abs(doubled.billed_nano - 2 * plain.cost_nano), 1);
  }
}

TEST(UsageCostProperty, MoreOfAnythingNeverCostsLess) {
  Dice dice;
  for (int round = 0; round < 2000; ++round) {
    PriceRow row = dice.row(true);
    // More audio means less other input: it is only dearer when its price is.
    for (TokenPrices* prices : {&row.prices, &row.tiers[0].prices}) {
      (*prices)[TokenPrice::kAudioInput] = (*prices)[TokenPrice::kInput] + dice.upto(5);
      (*prices)[TokenPrice::kAudioOutput] = (*prices)[TokenPrice::kOutput] + dice.upto(5);
    }
    const CostCounts counts = dice.counts();
    const CostContext context = dice.context();
    const NanoDollars before = cost_of(counts, &row, context, 1'000'000).cost_nano;
    for (const auto count : kCounts) {
      CostCounts more = counts;
      more.*count += 1 + dice.upto(1000);
      ASSERT_GE(cost_of(more, &row, context, 1'000'000).cost_nano, before);
    }
  }
}

TEST(UsageCostProperty, NoCountAndNoPriceWrapsAround) {
  Dice dice;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < 2000; ++round) {
    PriceRow row = dice.row(true);
    for (NanoDollars& price : row.prices.nano_per_million) price = dice.upto(1'000'000 * kNanosPerDollar);
    for (auto* factor : {&row.factors.batch_ppm, &row.factors.fast_ppm, &row.factors.regional_ppm}) {
      *factor = dice.upto(1'000'000'000);
    }
    CostCounts counts;
    for (const auto count : kCounts) counts.*count = dice.upto(kMost) >> dice.upto(62);
    const UsageCost cost = cost_of(counts, &row, dice.context(), dice.upto(kMost) >> dice.upto(62));
    if (!cost.priced) {  // four factors of six places each
      ASSERT_NE(cost.why_unpriced.find("too many places"), std::string::npos) << cost.why_unpriced;
      continue;
    }
    ASSERT_GE(cost.cost_nano, 0);
    ASSERT_GE(cost.billed_nano, 0);
    if (cost.saturated) ASSERT_EQ(cost.billed_nano, kMost);
  }
}

}  // namespace
}  // namespace moongate
