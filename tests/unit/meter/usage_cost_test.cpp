#include "meter/usage_cost.h"

#include <gtest/gtest.h>

#include <limits>

#include "unit/meter/price_rows.h"

namespace moongate {
namespace {

using prices::row;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNoMarkup = 1'000'000;

PriceRow priced(const std::string& members) {
  return prices::parsed({row("r", R"("provider":"*","model":"m",)" + members)}).at(0);
}

const PriceRow& full_row() {
  static const PriceRow found = priced(R"("input":"3","output":"15","cache_write_5m":"3.75","cache_write_1h":"6",
    "cache_read":"0.30","audio_input":"7","audio_output":"20","thoughts":"16","tool_prompt":"4","web_search":"10",
    "image":"0.04","video_second":"0.40",
    "multipliers":{"batch":"0.5","flex":"0.6","priority":"1.8","provisioned":"0","fast":"6","regional":"1.1",
                   "geo":{"us":"1.1"}})");
  return found;
}

NanoDollars cost(const CostCounts& counts, const PriceRow& price = full_row(), const CostContext& context = {}) {
  const UsageCost found = cost_of(counts, &price, context, kNoMarkup);
  EXPECT_TRUE(found.priced) << found.why_unpriced;
  EXPECT_EQ(found.billed_nano, found.cost_nano);
  EXPECT_EQ(found.price_id, "r");
  return found.cost_nano;
}

std::string why_not(const CostCounts& counts, const PriceRow& price, const CostContext& context = {}) {
  const UsageCost found = cost_of(counts, &price, context, kNoMarkup);
  EXPECT_FALSE(found.priced);
  EXPECT_EQ(found.cost_nano, 0);
  EXPECT_EQ(found.billed_nano, 0);
  return found.why_unpriced;
}

struct Kind {
  const char* name;
  std::int64_t CostCounts::* count;
  std::int64_t used;
  NanoDollars cost;
};
const Kind kKinds[] = {
    {"input", &CostCounts::input, 7, 21'000},
    {"cache_write_5m", &CostCounts::cache_write_5m, 7, 26'250},
    {"cache_write_1h", &CostCounts::cache_write_1h, 7, 42'000},
    {"cache_read", &CostCounts::cache_read, 7, 2'100},
    {"output", &CostCounts::output, 7, 105'000},
    {"thoughts", &CostCounts::thoughts, 7, 112'000},
    {"tool_prompt", &CostCounts::tool_prompt, 7, 28'000},
    {"web_search", &CostCounts::web_searches, 7, 70'000'000},
    {"image", &CostCounts::images, 7, 280'000'000},
    {"video_second", &CostCounts::video_ms, 7'500, 3'000'000'000},
};

TEST(UsageCost, EachKindHasItsOwnPrice) {
  for (const Kind& kind : kKinds) {
    CostCounts counts;
    counts.*kind.count = kind.used;
    EXPECT_EQ(cost(counts), kind.cost) << kind.name;
    const UsageCost found = cost_of(counts, &full_row(), {}, kNoMarkup);
    ASSERT_EQ(found.line_count, 1U);
    EXPECT_EQ(found.lines[0].name, kind.name);
    EXPECT_EQ(found.lines[0].count, kind.used);
  }
}

TEST(UsageCost, AudioIsTakenOutOfInputAndOutput) {
  EXPECT_EQ(cost({.input = 10, .audio_input = 4}), 6 * 3'000 + 4 * 7'000);
  EXPECT_EQ(cost({.output = 10, .audio_output = 4}), 6 * 15'000 + 4 * 20'000);
  EXPECT_EQ(cost({.input = 3, .audio_input = 9}), 3 * 7'000);  // never more than there was
}

TEST(UsageCost, ThoughtsWithoutAPriceOfTheirOwnAreOutputAndToolPromptsInput) {
  const PriceRow price = priced(R"("input":"3","output":"15")");
  EXPECT_EQ(cost({.thoughts = 2, .tool_prompt = 5}, price), 2 * 15'000 + 5 * 3'000);
}

TEST(UsageCost, AKindThatWasUsedAndHasNoPriceMakesTheCostUnknown) {
  for (const Kind& kind : kKinds) {
    const bool other_input = kind.count != &CostCounts::input && kind.count != &CostCounts::tool_prompt;
    const PriceRow price = other_input ? priced(R"("input":"3")") : priced(R"("output":"3")");
    if (kind.count == &CostCounts::thoughts || kind.count == &CostCounts::tool_prompt) continue;  // have a second choice
    CostCounts counts;
    counts.*kind.count = kind.used;
    EXPECT_EQ(why_not(counts, price), std::string("price row r has no price for ") + kind.name);
    // What has a price is not billed alone.
    counts.input += 5;
    counts.output += 5;
    why_not(counts, price);
  }
  EXPECT_EQ(why_not({.thoughts = 1}, priced(R"("input":"3")")), "price row r has no price for thoughts");
  EXPECT_EQ(why_not({.input = 2, .audio_input = 1}, priced(R"("input":"3")")), "price row r has no price for audio_input");
}

TEST(UsageCost, WhatWasNotUsedNeedsNoPrice) {
  EXPECT_EQ(cost({.input = 1'000'000}, priced(R"("input":"3")")), 3'000'000'000);
}

TEST(UsageCost, APriceOfZeroIsAPrice) { EXPECT_EQ(cost({.input = 5}, priced(R"("input":"0")")), 0); }

TEST(UsageCost, NothingUsedCostsNothingEvenWithoutARow) {
  const UsageCost found = cost_of({}, nullptr, {}, kNoMarkup);
  EXPECT_TRUE(found.priced);
  EXPECT_EQ(found.cost_nano, 0);
  EXPECT_EQ(describe(found), "free of charge");
}

TEST(UsageCost, WithoutARowTheCostIsUnknownAndNotZero) {
  const UsageCost found = cost_of({.input = 1}, nullptr, {}, kNoMarkup);
  EXPECT_FALSE(found.priced);
  EXPECT_EQ(describe(found), "cost unknown: no price row fits this provider, model and date");
}

struct Served {
  CostContext context;
  std::int64_t times_ppm;  // of the list price; negative: unknown
};

TEST(UsageCost, TheWayItWasServedMultipliesTokens) {
  const Served ways[] = {
      {{}, 1'000'000},
      {{.service_tier = "standard"}, 1'000'000},
      {{.service_tier = "batch"}, 500'000},
      {{.batch = true}, 500'000},
      {{.service_tier = "standard", .batch = true}, 500'000},
      {{.service_tier = "batch", .batch = true}, 500'000},
      {{.service_tier = "flex"}, 600'000},
      {{.service_tier = "priority"}, 1'800'000},
      {{.service_tier = "provisioned"}, 0},
      {{.service_tier = "platinum"}, -1},
      {{.speed = "standard"}, 1'000'000},
      {{.speed = "fast"}, 6'000'000},
      {{.speed = "slow"}, -1},
      {{.inference_geo = "global"}, 1'000'000},
      {{.inference_geo = "not_available"}, 1'000'000},
      {{.inference_geo = "us"}, 1'100'000},
      {{.inference_geo = "mars"}, -1},
      {{.location = "global"}, 1'000'000},
      {{.location = "europe-west1"}, 1'100'000},
      {{.location = "us"}, 1'100'000},
      {{.location = "eu", .service_tier = "batch", .inference_geo = "us", .speed = "fast"}, 3'630'000},
  };
  const CostCounts counts{.input = 1'000'000};
  for (const Served& way : ways) {
    if (way.times_ppm < 0) {
      EXPECT_NE(why_not(counts, full_row(), way.context).find("has no factor for"), std::string::npos);
    } else {
      EXPECT_EQ(cost(counts, full_row(), way.context), 3'000 * way.times_ppm);
    }
  }
}

TEST(UsageCost, AFactorThatTheRowLacksMakesTheCostUnknownButForTheLocation) {
  const PriceRow price = priced(R"("input":"3")");
  EXPECT_EQ(why_not({.input = 1}, price, {.service_tier = "batch"}), "price row r has no factor for service tier batch");
  EXPECT_EQ(why_not({.input = 1}, price, {.speed = "fast"}), "price row r has no factor for speed fast");
  EXPECT_EQ(why_not({.input = 1}, price, {.inference_geo = "us"}), "price row r has no factor for region us");
  EXPECT_EQ(cost({.input = 1}, price, {.location = "europe-west1"}), 3'000);
}

TEST(UsageCost, SearchesImagesAndSecondsAreNotMultiplied) {
  const CostContext dear{.location = "us-east5", .service_tier = "priority", .speed = "fast"};
  EXPECT_EQ(cost({.web_searches = 1}, full_row(), dear), 10'000'000);
  EXPECT_EQ(cost({.images = 1}, full_row(), dear), 40'000'000);
  EXPECT_EQ(cost({.video_ms = 1000}, full_row(), dear), 400'000'000);
}

TEST(UsageCost, TheWholeRequestTakesTheTierOfItsPrompt) {
  const PriceRow price = priced(R"("input":"1","output":"10","cache_write_5m":"2","cache_write_1h":"3","cache_read":"0.1",
    "tiers":[{"above_prompt_tokens":1000,"input":"2","output":"20","cache_write_5m":"4","cache_write_1h":"6",
              "cache_read":"0.2"}])");
  EXPECT_EQ(cost({.input = 1000, .output = 5}, price), 1000 * 1'000 + 5 * 10'000);
  EXPECT_EQ(cost({.input = 1001, .output = 5}, price), 1001 * 2'000 + 5 * 20'000);
  // Cached or not, it was in the prompt; output is not.
  EXPECT_EQ(cost({.input = 1, .cache_read = 1000}, price), 2'000 + 1000 * 200);
  EXPECT_EQ(cost({.input = 1, .cache_write_5m = 500, .cache_write_1h = 500}, price), 2'000 + 500 * 4'000 + 500 * 6'000);
  EXPECT_EQ(cost({.input = 1, .output = 100'000}, price), 1'000 + 100'000LL * 10'000);
}

TEST(UsageCost, RoundsOnceAtTheEndHalfUp) {
  const PriceRow price = priced(R"("input":"0.0005","output":"0.0005")");  // half a nano-dollar a token
  EXPECT_EQ(cost({.input = 1}, price), 1);
  EXPECT_EQ(cost({.input = 1, .output = 1}, price), 1);  // not 2: the halves are added before
  EXPECT_EQ(cost({.input = 3}, price), 2);
  EXPECT_EQ(cost({.input = 1}, priced(R"("input":"0.000499999")")), 0);
  // The bill is rounded from the exact sum, too, not from the rounded cost.
  const UsageCost half = cost_of({.input = 1}, &price, {}, 2'000'000);
  EXPECT_EQ(half.cost_nano, 1);
  EXPECT_EQ(half.billed_nano, 1);
}

TEST(UsageCost, MarkupMultipliesWhatIsBilled) {
  const auto billed = [](std::int64_t markup_ppm) { return cost_of({.input = 1'000'000}, &full_row(), {}, markup_ppm).billed_nano; };
  EXPECT_EQ(billed(1'000'000), 3'000'000'000);
  EXPECT_EQ(billed(2'000'000), 6'000'000'000);
  EXPECT_EQ(billed(1'333'333), 3'999'999'000);
  EXPECT_EQ(billed(0), 0);
  EXPECT_EQ(billed(-5), 0);
}

TEST(UsageCost, NumbersBeyondAllMeasureSaturateAndAreMarked) {
  const UsageCost most = cost_of({.input = kMost, .output = kMost}, &full_row(), {.speed = "fast"}, kNoMarkup);
  EXPECT_TRUE(most.priced);
  EXPECT_TRUE(most.saturated);
  EXPECT_EQ(most.cost_nano, kMost);
  EXPECT_EQ(most.billed_nano, kMost);
  const UsageCost marked_up = cost_of({.images = kMost / 1'000'000'000}, &full_row(), {}, kMost);
  EXPECT_TRUE(marked_up.saturated);
  EXPECT_EQ(marked_up.billed_nano, kMost);
  const UsageCost videos = cost_of({.video_ms = kMost}, &full_row(), {.location = "eu", .service_tier = "flex"}, kMost);
  EXPECT_TRUE(videos.saturated);
  EXPECT_EQ(videos.billed_nano, kMost);
  const CostCounts prompt{.input = kMost, .cache_write_1h = kMost, .cache_read = kMost};
  EXPECT_EQ(prompt.prompt_tokens(), kMost);
}

TEST(UsageCost, AMillionAMonthIsFarFromSaturation) {
  const UsageCost large = cost_of({.input = 1'000'000'000'000, .output = 1'000'000'000'000}, &full_row(),
                                  {.location = "eu", .service_tier = "priority", .inference_geo = "us", .speed = "fast"}, 2'000'000);
  EXPECT_FALSE(large.saturated);
  EXPECT_EQ(large.cost_nano, 18'000'000'000'000'000 / 1000 * 13'068);
}

TEST(UsageCost, CountTokensAndFailuresAreFreeOfCharge) {
  EXPECT_TRUE(is_free_of_charge("count-tokens", 200)) << to_string(Operation::kCountTokens);
  EXPECT_TRUE(is_free_of_charge("generate", 400));
  EXPECT_TRUE(is_free_of_charge("generate", 529));
  EXPECT_FALSE(is_free_of_charge("generate", 200));
  EXPECT_FALSE(is_free_of_charge("generate", 0));  // the client left before the answer began
}

TEST(UsageCost, IsDescribedForTheOperator) {
  const UsageCost found = cost_of({.input = 25, .output = 64, .web_searches = 2}, &full_row(), {.inference_geo = "us"}, kNoMarkup);
  EXPECT_EQ(describe(found),
            "r: 25 input at 3.00 per 1000000, 64 output at 15.00 per 1000000, 2 web_search at 10.00 per 1000, "
            "tokens times 11/10 = 0.0211385");
}

TEST(UsageCost, ALedgerRowIsPricedAnewAndTwiceIsOnce) {
  const PriceBook book(prices::parsed({row("old", R"("provider":"*","model":"m","input":"3","effective_until":"2026-10-07")"),
                                       row("new", R"("provider":"*","model":"m","input":"2","effective_from":"2026-10-07")")}));
  LedgerRecord record;
  record.request_id = "r";
  record.provider = "anthropic";
  record.upstream_model = "m-20260101";
  record.operation = "generate";
  record.status = 200;
  record.ended_at_ms = prices::day_ms("2026-10-07") - 1;
  record.input_tokens = 1000;
  record.markup_ppm = 2'000'000;
  reprice(book, record);
  EXPECT_TRUE(record.priced);
  EXPECT_EQ(record.price_id, "old");
  EXPECT_EQ(record.cost_nano, 3'000'000);
  EXPECT_EQ(record.billed_nano, 6'000'000);
  const LedgerRecord once = record;
  reprice(book, record);
  EXPECT_TRUE(record == once);
  record.ended_at_ms += 1;
  reprice(book, record);
  EXPECT_EQ(record.price_id, "new");
  EXPECT_EQ(record.cost_nano, 2'000'000);
  record.status = 500;
  reprice(book, record);
  EXPECT_TRUE(record.priced);
  EXPECT_EQ(record.billed_nano, 0);
  record.status = 200;
  record.upstream_model = "unheard-of";
  reprice(book, record);
  EXPECT_FALSE(record.priced);
  EXPECT_EQ(record.cost_nano, 0);
  EXPECT_EQ(record.price_id, "");
}

}  // namespace
}  // namespace moongate
