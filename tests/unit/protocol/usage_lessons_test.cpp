// Where other gateways' users got hurt by wrong numbers and cut streams; each case here is one of those
// stories.
#include <gtest/gtest.h>

#include "protocol/usage.h"
#include "unit/protocol/recorded_streams.h"

namespace moongate {
namespace {

std::string sse(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

TEST(UsageStories, ACharacterCutAtAChunksEdgeDoesNoHarm) {
  const std::string_view stream = recorded::kAnthropicStream;
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    if ((static_cast<unsigned char>(stream[cut]) & 0xc0) != 0x80) continue;  // inside a character
    UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
    reader.feed(stream.substr(0, cut));
    EXPECT_FALSE(reader.at_event_boundary());
    reader.feed(stream.substr(cut));
    EXPECT_EQ(reader.usage().output, 64);
    EXPECT_TRUE(reader.final_event_seen());
  }
}

TEST(UsageStories, AnArrayStreamIsReadAsWellAsAnEventStream) {
  UsageReader events(Dialect::kVertexGemini, BodyForm::kSse);
  events.feed(recorded::kGeminiStream);
  UsageReader array(Dialect::kVertexGemini, BodyForm::kJsonArray);
  array.feed(recorded::kGeminiArray);
  EXPECT_EQ(events.usage().input, array.usage().input);
  EXPECT_EQ(events.usage().output, array.usage().output);
  EXPECT_TRUE(events.final_event_seen() && array.final_event_seen());
}

TEST(UsageStories, CacheReadsAreNoPartOfFullInput) {
  UsageReader claude(Dialect::kAnthropic, BodyForm::kJson);
  claude.feed(R"({"usage":{"input_tokens":10,"cache_read_input_tokens":100000,"output_tokens":1}})");
  EXPECT_EQ(claude.usage().input, 10);
  EXPECT_EQ(claude.usage().cache_read, 100000);
  UsageReader gemini(Dialect::kGemini, BodyForm::kJson);  // whose prompt count includes them
  gemini.feed(R"({"usageMetadata":{"promptTokenCount":100010,"cachedContentTokenCount":100000}})");
  EXPECT_EQ(gemini.usage().input, 10);
  EXPECT_EQ(gemini.usage().cache_read, 100000);
}

TEST(UsageStories, TheOneHourTierOfCacheWritesIsToldApart) {
  const std::string_view start =
      R"({"type":"message_start","message":{"usage":{"input_tokens":1,)"
      R"("cache_creation_input_tokens":500,)"
      R"("cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":500}}}})";
  UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
  reader.feed(sse(start));
  EXPECT_EQ(reader.usage().cache_write_5m, 0);
  EXPECT_EQ(reader.usage().cache_write_1h, 500);
  // A later total without tiers does not turn the dear tier into the cheap one.
  reader.feed(
      sse(R"({"type":"message_delta","usage":{"cache_creation_input_tokens":500,"output_tokens":3}})"));
  EXPECT_EQ(reader.usage().cache_write_5m, 0);
  EXPECT_EQ(reader.usage().cache_write_1h, 500);
  // In whatever order they come, and with one tier left out.
  for (
      const char* body :
      {R"({"usage":{"cache_creation":{"ephemeral_1h_input_tokens":200},"cache_creation_input_tokens":300}})",
       R"({"usage":{"cache_creation_input_tokens":300,"cache_creation":{"ephemeral_1h_input_tokens":200}}})"}) {
    UsageReader plain(Dialect::kAnthropic, BodyForm::kJson);
    plain.feed(body);
    EXPECT_EQ(plain.usage().cache_write_5m, 100);
    EXPECT_EQ(plain.usage().cache_write_1h, 200);
  }
}

TEST(UsageStories, ThoughtsAreReportedBesideTheVisibleOutput) {
  UsageReader reader(Dialect::kGemini, BodyForm::kJson);
  reader.feed(
      R"({"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":20,"thoughtsTokenCount":300}})");
  EXPECT_EQ(reader.usage().output, 20);
  EXPECT_EQ(reader.usage().thoughts, 300);
}

TEST(UsageStories, CumulativeCountsAreMergedAndNeverAdded) {
  UsageReader claude(Dialect::kAnthropic, BodyForm::kSse);
  claude.feed(sse(R"({"type":"message_start","message":{"usage":{"input_tokens":40,"output_tokens":1}}})"));
  claude.feed(sse(R"({"type":"message_delta","usage":{"output_tokens":10}})"));
  claude.feed(sse(R"({"type":"message_delta","usage":{"output_tokens":25,"input_tokens":null}})"));
  EXPECT_EQ(claude.usage().input, 40);
  EXPECT_EQ(claude.usage().output, 25);
  UsageReader gemini(Dialect::kGemini, BodyForm::kSse);
  for (int i = 1; i <= 3; ++i) {
    gemini.feed(sse(R"({"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":)" +
                    std::to_string(i * 4) + "}}"));
  }
  EXPECT_EQ(gemini.usage().input, 7);
  EXPECT_EQ(gemini.usage().output, 12);
}

TEST(UsageStories, WhatWasUsedBeforeADisconnectStaysKnown) {
  const std::string_view stream = recorded::kAnthropicStream;
  UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
  reader.feed(stream.substr(0, stream.find("input_json_delta")));
  EXPECT_EQ(reader.usage().input, 25);
  EXPECT_EQ(reader.usage().cache_read, 1200);
  EXPECT_EQ(reader.usage().output, 1);
  EXPECT_FALSE(reader.usage().complete);
  EXPECT_FALSE(reader.final_event_seen());
}

TEST(UsageStories, ACountOfTokensIsNoUsage) {
  UsageReader claude(Dialect::kAnthropic, BodyForm::kJson);
  claude.feed(R"({"input_tokens":2095})");
  EXPECT_FALSE(claude.usage().any());
  UsageReader gemini(Dialect::kGemini, BodyForm::kJson);
  gemini.feed(R"({"totalTokens":31,"promptTokensDetails":[{"modality":"TEXT","tokenCount":31}]})");
  EXPECT_FALSE(gemini.usage().any());
}

TEST(UsageStories, CachedTokensInAStreamAreNotLost) {
  UsageReader reader(Dialect::kGemini, BodyForm::kSse);
  reader.feed(sse(R"({"usageMetadata":{"promptTokenCount":900}})"));
  EXPECT_EQ(reader.usage().input, 900);
  reader.feed(sse(R"({"usageMetadata":{"promptTokenCount":900,"cachedContentTokenCount":600}})"));
  reader.feed(sse(R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":900,)"
                  R"("candidatesTokenCount":4}})"));
  EXPECT_EQ(reader.usage().input, 300);
  EXPECT_EQ(reader.usage().cache_read, 600);
}

TEST(UsageStories, WhatADecoderGivesInOddPiecesIsMetered) {  // a compressed answer, decoded beside the relay
  UsageReader reader(Dialect::kAnthropic, BodyForm::kJson);
  std::string_view body = recorded::kAnthropicBody;
  for (std::size_t length = 1; !body.empty(); length = length * 3 % 31 + 1) {
    reader.feed(body.substr(0, length));
    body.remove_prefix(std::min(length, body.size()));
  }
  EXPECT_EQ(reader.usage().output, 34);
  EXPECT_TRUE(reader.usage().complete);
}

TEST(UsageStories, TheModelThatAnsweredIsNamedSoThatADatedPriceCanBeFound) {
  UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
  reader.feed(recorded::kAnthropicStream);
  EXPECT_EQ(reader.model(), "claude-sonnet-4-5-20250929");
}

}  // namespace
}  // namespace moongate
