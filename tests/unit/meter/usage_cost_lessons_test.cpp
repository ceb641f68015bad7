// Where other gateways' users were billed wrongly, told as what each story costs here to the nano-dollar: recorded
// answers, read as the gateway reads them, priced by the table that is delivered with it.
#include <gtest/gtest.h>

#include "encoded.h"
#include "meter/usage_cost.h"
#include "meter/usage_tap.h"
#include "unit/meter/price_rows.h"
#include "unit/protocol/recorded_streams.h"
#include "unit/protocol/splits.h"

namespace moongate {
namespace {

const PriceBook& book() {
  static const PriceBook delivered(prices::delivered());
  return delivered;
}

std::int64_t november() {
  static const std::int64_t day = prices::day_ms("2026-11-20");
  return day;
}

struct Answer {
  Dialect dialect;
  BodyForm form;
  std::string_view provider;
  std::string_view model;
};
constexpr Answer kClaudeStream{Dialect::kAnthropic, BodyForm::kSse, "anthropic", "claude-sonnet-4-5"};
constexpr Answer kClaudeBody{Dialect::kAnthropic, BodyForm::kJson, "anthropic", "claude-sonnet-4-5"};
constexpr Answer kGeminiStream{Dialect::kGemini, BodyForm::kSse, "gemini", "gemini-2.5-pro"};
constexpr Answer kGeminiBody{Dialect::kGemini, BodyForm::kJson, "gemini", "gemini-2.5-pro"};

UsageCost bill(const Answer& answer, const Usage& usage, std::int64_t at_ms = november(), std::int64_t markup_ppm = 1'000'000) {
  const CostContext context{"", usage.service_tier.view(), usage.inference_geo.view(), usage.speed.view()};
  return cost_of(counts_of(usage, answer.provider), book().find(answer.provider, answer.model, at_ms), context, markup_ppm);
}

Usage read(const Answer& answer, std::string_view payload, std::string_view coding = "") {
  UsageTap tap(answer.dialect, answer.form, coding);
  tap.feed(payload);
  return tap.usage();
}

NanoDollars cost(const Answer& answer, std::string_view payload) {
  const UsageCost found = bill(answer, read(answer, payload));
  EXPECT_TRUE(found.priced) << found.why_unpriced;
  return found.cost_nano;
}

std::string sse(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

// 25 input at $3, 100 written for 5 minutes at $3.75, 200 for an hour at $6, 1,200 read at $0.30, 64 output at $15 (of
// which 20 are thoughts), 2 searches at a cent.
constexpr NanoDollars kClaudeStreamCost = 25 * 3'000 + 100 * 3'750 + 200 * 6'000 + 1'200 * 300 + 64 * 15'000 + 2 * 10'000'000;
// A prompt of 1,000: 800 read at $0.125, 200 new of which 100 are sound (at the same $1.25); 9 visible and 50 thoughts at
// $10; 16 of a tool's prompt at $1.25.
constexpr NanoDollars kGeminiStreamCost = 200 * 1'250 + 800 * 125 + (9 + 50) * 10'000 + 16 * 1'250;

TEST(CostStories, ACacheReadIsBilledAtItsOwnPriceAndNotAsFullInput) {
  EXPECT_EQ(cost(kClaudeBody, R"({"usage":{"input_tokens":10,"cache_read_input_tokens":100000,"output_tokens":1}})"),
            10 * 3'000 + 100'000 * 300 + 1 * 15'000);
  EXPECT_EQ(cost(kGeminiBody, R"({"usageMetadata":{"promptTokenCount":100010,"cachedContentTokenCount":100000,"candidatesTokenCount":1}})"),
            10 * 1'250 + 100'000 * 125 + 1 * 10'000);
}

TEST(CostStories, ACacheReadIsNeverATenthOfTheInputByItself) {
  Answer fable = kClaudeBody;
  fable.model = "claude-fable-5-1";  // a fortieth here
  EXPECT_EQ(cost(fable, R"({"usage":{"input_tokens":0,"cache_read_input_tokens":1000000,"output_tokens":0}})"), 250'000'000);
  Answer embedding = kGeminiBody;
  embedding.model = "gemini-embedding-001";  // has no price for it
  const UsageCost unknown =
      bill(embedding, read(embedding, R"({"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":5}})"));
  EXPECT_FALSE(unknown.priced);
  EXPECT_EQ(unknown.why_unpriced, "price row gemini-embedding-001 has no price for cache_read");
}

TEST(CostStories, AnHoursCacheWriteIsBilledAtTheHoursPrice) {
  EXPECT_EQ(cost(kClaudeBody, R"({"usage":{"input_tokens":1,"cache_creation_input_tokens":500,"output_tokens":0,
      "cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":400}}})"),
            1 * 3'000 + 100 * 3'750 + 400 * 6'000);
  // Before a provider told the tiers apart there was the short one only.
  EXPECT_EQ(cost(kClaudeBody, R"({"usage":{"input_tokens":1,"cache_creation_input_tokens":500,"output_tokens":0}})"),
            1 * 3'000 + 500 * 3'750);
}

TEST(CostStories, GeminisThoughtsAreBilledAsOutput) {
  EXPECT_EQ(cost(kGeminiBody, R"({"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":20,"thoughtsTokenCount":300}})"),
            5 * 1'250 + 320 * 10'000);
}

TEST(CostStories, AnthropicsThoughtsAreAPartOfOutputAndNotBilledTwice) {
  EXPECT_EQ(cost(kClaudeBody, R"({"usage":{"input_tokens":5,"output_tokens":320,"output_tokens_details":{"thinking_tokens":300}}})"),
            5 * 3'000 + 320 * 15'000);
}

TEST(CostStories, AStreamsTwoReportsAreMergedAndNeverAdded) {
  EXPECT_EQ(cost(kClaudeStream, recorded::kAnthropicStream), kClaudeStreamCost);
  EXPECT_EQ(cost(kGeminiStream, recorded::kGeminiStream), kGeminiStreamCost);
  // The last of several cumulative reports counts, and a null in it takes nothing back.
  const std::string stream =
      sse(R"({"type":"message_start","message":{"usage":{"input_tokens":40,"cache_read_input_tokens":7,"output_tokens":1}}})") +
      sse(R"({"type":"message_delta","usage":{"output_tokens":10}})") +
      sse(R"({"type":"message_delta","usage":{"output_tokens":25,"input_tokens":null,"cache_read_input_tokens":null}})") +
      sse(R"({"type":"message_stop"})");
  EXPECT_EQ(cost(kClaudeStream, stream), 40 * 3'000 + 7 * 300 + 25 * 15'000);
}

TEST(CostStories, AnArrayStreamCostsWhatTheSameEventsCost) {
  Answer array = kGeminiStream;
  array.form = BodyForm::kJsonArray;
  EXPECT_EQ(cost(array, recorded::kGeminiArray), 200 * 1'250 + 800 * 125 + (9 + 50) * 10'000);
}

TEST(CostStories, ADisconnectBillsWhatWasSeenAndMarksItEstimated) {
  const std::string_view stream = recorded::kAnthropicStream;
  Usage usage = read(kClaudeStream, stream.substr(0, stream.find("event: a_future_event")));
  ASSERT_FALSE(usage.complete);
  // The text has 55 bytes as it was sent, the piece of arguments 20; message_start told one token of output.
  EXPECT_EQ(usage.uncounted_text_bytes, 55 + 20);
  EXPECT_TRUE(estimate_missing(usage, {}));
  EXPECT_EQ(usage.output, 1 + 19);
  EXPECT_EQ(bill(kClaudeStream, usage).cost_nano,
            25 * 3'000 + 100 * 3'750 + 200 * 6'000 + 1'200 * 300 + 20 * 15'000);
  EXPECT_FALSE(estimate_missing(usage, {}));  // once
}

TEST(CostStories, ADisconnectAfterTheLastReportIsBilledByTheReport) {
  const std::string_view stream = recorded::kAnthropicStream;
  Usage usage = read(kClaudeStream, stream.substr(0, stream.find("event: message_stop")));
  ASSERT_FALSE(usage.complete);
  EXPECT_FALSE(estimate_missing(usage, {}));
  EXPECT_EQ(bill(kClaudeStream, usage).cost_nano, kClaudeStreamCost);
}

TEST(CostStories, AFinishedAnswerIsNeverEstimated) {
  Usage usage = read(kClaudeStream, recorded::kAnthropicStream);
  EXPECT_FALSE(estimate_missing(usage, {.request = 1'000'000}));
  EXPECT_EQ(bill(kClaudeStream, usage).cost_nano, kClaudeStreamCost);
}

TEST(CostStories, AVertexStreamThatBreaksOffBeforeItsOnlyReportIsEstimatedOnBothSides) {
  Answer vertex{Dialect::kVertexGemini, BodyForm::kSse, "vertex", "gemini-2.5-pro"};
  Usage usage = read(vertex, sse(R"({"candidates":[{"content":{"parts":[{"text":"12345678"},{"text":"9"}]}}],)"
                                 R"("usageMetadata":{"trafficType":"ON_DEMAND"}})"));
  ASSERT_FALSE(usage.any());
  EXPECT_TRUE(estimate_missing(usage, {.request = 401}));
  EXPECT_EQ(usage.input, 101);
  EXPECT_EQ(usage.output, 3);
  EXPECT_EQ(bill(vertex, usage).cost_nano, 101 * 1'250 + 3 * 10'000);
}

TEST(CostStories, AnEmbeddingThatTellsNoUsageIsNotFree) {
  Answer embed{Dialect::kGemini, BodyForm::kJson, "gemini", "gemini-embedding-001"};
  Usage usage = read(embed, R"({"embedding":{"values":[0.1,0.2]}})");
  EXPECT_TRUE(usage.complete);
  EXPECT_TRUE(estimate_missing(usage, {.request = 4'000}));
  EXPECT_EQ(bill(embed, usage).cost_nano, 1'000 * 150);
}

TEST(CostStories, ACountOfTokensIsNotBilledAsGeneration) {
  const Usage usage = read(kClaudeBody, R"({"input_tokens":2095})");
  const UsageCost free = bill(kClaudeBody, usage);
  EXPECT_TRUE(free.priced);
  EXPECT_EQ(free.cost_nano, 0);
  EXPECT_TRUE(is_free_of_charge(to_string(Operation::kCountTokens), 200));
}

TEST(CostStories, CachedTokensThatOnlyALaterChunkTellsAreNotLost) {
  const std::string stream =
      sse(R"({"usageMetadata":{"promptTokenCount":900}})") +
      sse(R"({"usageMetadata":{"promptTokenCount":900,"cachedContentTokenCount":600}})") +
      sse(R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":900,"candidatesTokenCount":4}})");
  EXPECT_EQ(cost(kGeminiStream, stream), 300 * 1'250 + 600 * 125 + 4 * 10'000);
}

TEST(CostStories, ACompressedAnswerCostsWhatItCostsInClear) {
  for (const auto& [wrapping, coding] :
       {std::pair(Wrapping::kGzip, "gzip"), std::pair(Wrapping::kBrotli, "br"), std::pair(Wrapping::kZstd, "zstd")}) {
    const Usage usage = read(kClaudeStream, encode(wrapping, recorded::kAnthropicStream), coding);
    EXPECT_EQ(bill(kClaudeStream, usage).cost_nano, kClaudeStreamCost) << coding;
  }
}

TEST(CostStories, LastWeeksBillIsLastWeeksPrice) {
  Answer sonnet = kClaudeBody;
  sonnet.model = "claude-sonnet-5-5-20260901";
  const Usage usage = read(sonnet, R"({"usage":{"input_tokens":0,"cache_read_input_tokens":1000000,"output_tokens":0}})");
  const std::int64_t change = prices::day_ms("2026-10-07");
  EXPECT_EQ(bill(sonnet, usage, change - 1).cost_nano, 200'000'000);
  EXPECT_EQ(bill(sonnet, usage, change).cost_nano, 100'000'000);
  EXPECT_EQ(bill(sonnet, usage, change - 1).price_id, "claude-sonnet-5-5-launch");
}

TEST(CostStories, AnIntroductoryPriceEnds) {
  Answer flash = kGeminiBody;
  flash.model = "gemini-3.8-flash";
  const Usage usage = read(flash, R"({"usageMetadata":{"promptTokenCount":1000000,"candidatesTokenCount":0}})");
  EXPECT_EQ(bill(flash, usage, prices::day_ms("2027-01-01") - 1).cost_nano, 750'000'000);
  EXPECT_EQ(bill(flash, usage, prices::day_ms("2027-01-01")).cost_nano, 1'500'000'000);
}

TEST(CostStories, ALongPromptPutsTheWholeRequestOnItsTier) {
  Answer haiku = kClaudeBody;
  haiku.model = "claude-haiku-5-5";
  EXPECT_EQ(cost(haiku, R"({"usage":{"input_tokens":100000,"output_tokens":1000}})"), 100'000 * 100 + 1'000 * 500);
  EXPECT_EQ(cost(haiku, R"({"usage":{"input_tokens":1,"cache_read_input_tokens":100000,"output_tokens":1000}})"),
            1 * 500 + 100'000 * 50 + 1'000 * 2'500);
  EXPECT_EQ(cost(kGeminiBody, R"({"usageMetadata":{"promptTokenCount":200001,"cachedContentTokenCount":200000,"candidatesTokenCount":10}})"),
            1 * 2'500 + 200'000 * 250 + 10 * 15'000);
}

TEST(CostStories, FastModeAndDataResidencyMultiply) {
  Answer opus = kClaudeBody;
  opus.model = "claude-opus-5-5";
  EXPECT_EQ(cost(opus, R"({"usage":{"input_tokens":1000,"output_tokens":100,"speed":"fast","inference_geo":"us"}})"),
            (1'000 * 4'000 + 100 * 20'000) * 22 / 10);
  EXPECT_EQ(cost(opus, R"({"usage":{"input_tokens":1000,"output_tokens":100,"service_tier":"batch","inference_geo":"not_available"}})"),
            (1'000 * 4'000 + 100 * 20'000) / 2);
}

TEST(CostStories, VertexOutsideOfGlobalCostsATenthMore) {
  const Answer vertex{Dialect::kVertexClaude, BodyForm::kJson, "vertex-claude", "claude-sonnet-4-5@20250929"};
  const Usage usage = read(vertex, R"({"usage":{"input_tokens":1000,"output_tokens":100}})");
  const auto at = [&](std::string_view location) {
    return cost_of(counts_of(usage, vertex.provider), book().find(vertex.provider, vertex.model, november()), {location}, 1'000'000)
        .cost_nano;
  };
  EXPECT_EQ(at("global"), 4'500'000);
  EXPECT_EQ(at("europe-west1"), 4'950'000);
  EXPECT_EQ(at("us"), 4'950'000);
}

TEST(CostStories, VertexTellsItsTierAsAKindOfTraffic) {
  Answer pro{Dialect::kVertexGemini, BodyForm::kJson, "vertex", "gemini-3.1-pro-preview"};
  const auto with = [](const char* traffic) {
    return std::string(R"({"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":100,"trafficType":")") + traffic + "\"}}";
  };
  EXPECT_EQ(cost(pro, with("ON_DEMAND")), 3'200'000);
  EXPECT_EQ(cost(pro, with("TRAFFIC_TYPE_UNSPECIFIED")), 3'200'000);
  EXPECT_EQ(cost(pro, with("ON_DEMAND_PRIORITY")), 5'760'000);
  const UsageCost reserved = bill(pro, read(pro, with("PROVISIONED_THROUGHPUT")));
  EXPECT_EQ(reserved.why_unpriced, "price row gemini-3.1-pro-preview has no factor for service tier provisioned");
}

TEST(CostStories, SoundHasItsOwnPrice) {
  Answer flash = kGeminiBody;
  flash.model = "gemini-2.5-flash";
  EXPECT_EQ(cost(flash, R"({"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":0,
      "promptTokensDetails":[{"modality":"AUDIO","tokenCount":900},{"modality":"TEXT","tokenCount":100}]}})"),
            100 * 300 + 900 * 1'000);
}

TEST(CostStories, AModelThatNobodyPricedIsUnknownAndNotFree) {
  Answer novel = kClaudeBody;
  novel.model = "claude-novel-9";
  const UsageCost unknown = bill(novel, read(novel, recorded::kAnthropicBody));
  EXPECT_FALSE(unknown.priced);
  EXPECT_EQ(unknown.cost_nano, 0);
}

TEST(CostStories, HoweverAStreamIsCutIntoPiecesItCostsTheSame) {
  for (const auto& [answer, payload, expected] :
       {std::tuple(kClaudeStream, recorded::kAnthropicStream, kClaudeStreamCost),
        std::tuple(kGeminiStream, recorded::kGeminiStream, kGeminiStreamCost)}) {
    const Usage whole = read(answer, payload);
    splits::for_each(payload, [&, &how = answer, amount = expected](const splits::Pieces& pieces) {
      UsageTap tap(how.dialect, how.form, "");
      for (const std::string_view piece : pieces) tap.feed(piece);
      ASSERT_TRUE(tap.usage() == whole);
      ASSERT_EQ(bill(how, tap.usage()).cost_nano, amount);
    });
  }
}

TEST(CostStories, WhereverAStreamBreaksOffNoMoreIsBilledThanForAllOfIt) {
  const std::string_view stream = recorded::kAnthropicStream;
  const NanoDollars input_cost = 25 * 3'000 + 100 * 3'750 + 200 * 6'000 + 1'200 * 300;
  for (std::size_t end = stream.find("\n\n"); end < stream.size(); ++end) {
    Usage usage = read(kClaudeStream, stream.substr(0, end));
    estimate_missing(usage, {});
    const NanoDollars found = bill(kClaudeStream, usage).cost_nano;
    ASSERT_GE(found, input_cost + 1 * 15'000) << end;
    ASSERT_LE(found, kClaudeStreamCost) << end;
  }
}

}  // namespace
}  // namespace moongate
