// What an answer tells besides counts of tokens: how it was served, what was made, and the object itself.
#include <gtest/gtest.h>

#include "protocol/usage.h"
#include "unit/protocol/recorded_streams.h"
#include "unit/protocol/splits.h"

namespace moongate {
namespace {

std::string sse(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

UsageReader read(Dialect dialect, BodyForm form, std::string_view payload) {
  UsageReader reader(dialect, form);
  reader.feed(payload);
  return reader;
}
UsageReader claude(std::string_view stream) { return read(Dialect::kAnthropic, BodyForm::kSse, stream); }
UsageReader gemini(std::string_view body) { return read(Dialect::kGemini, BodyForm::kJson, body); }

TEST(UsageDetail, AnthropicTellsTierRegionAndSpeed) {
  const UsageReader reader = claude(
      sse(R"({"type":"message_start","message":{"usage":{"input_tokens":1,"service_tier":"standard","inference_geo":"us"}}})") +
      sse(R"({"type":"message_delta","usage":{"output_tokens":1,"service_tier":"priority","speed":"fast","inference_geo":null}})"));
  EXPECT_EQ(reader.usage().service_tier.view(), "priority");  // later non-null wins
  EXPECT_EQ(reader.usage().inference_geo.view(), "us");
  EXPECT_EQ(reader.usage().speed.view(), "fast");
  EXPECT_EQ(claude(recorded::kAnthropicStream).usage().service_tier.view(), "standard");
  EXPECT_EQ(claude(recorded::kAnthropicStream).usage().speed.view(), "");
}

TEST(UsageDetail, EveryWordThatIsKnownFits) {
  const UsageReader reader = read(Dialect::kAnthropic, BodyForm::kJson,
                                  R"({"usage":{"inference_geo":"not_available","speed":"standard","service_tier":"a tier of many words"}})");
  EXPECT_EQ(reader.usage().inference_geo.view(), "not_available");
  EXPECT_EQ(reader.usage().speed.view(), "standard");
  EXPECT_EQ(reader.usage().service_tier.view(), "a tier of m");
}

TEST(UsageDetail, GooglesTiersAreToldInTheSameWords) {
  const auto tier = [](const char* name, const char* value) {
    const std::string body = std::string(R"({"usageMetadata":{"promptTokenCount":1,")") + name + "\":\"" + value + "\"}}";
    return std::string(gemini(body).usage().service_tier.view());
  };
  EXPECT_EQ(tier("trafficType", "ON_DEMAND"), "standard");
  EXPECT_EQ(tier("trafficType", "ON_DEMAND_PRIORITY"), "priority");
  EXPECT_EQ(tier("trafficType", "ON_DEMAND_FLEX"), "flex");
  EXPECT_EQ(tier("trafficType", "PROVISIONED_THROUGHPUT"), "provisioned");
  EXPECT_EQ(tier("trafficType", "TRAFFIC_TYPE_UNSPECIFIED"), "");
  EXPECT_EQ(tier("serviceTier", "SERVICE_TIER_FLEX"), "flex");
  EXPECT_EQ(tier("serviceTier", "priority"), "priority");
}

TEST(UsageDetail, SoundInTheAnswerIsToldApart) {
  const UsageReader reader = gemini(R"({"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":100,
    "candidatesTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"AUDIO","tokenCount":90}]}})");
  EXPECT_EQ(reader.usage().output, 100);
  EXPECT_EQ(reader.usage().audio_output, 90);
  EXPECT_EQ(reader.usage().audio_input, Usage::kUnset);
}

TEST(UsageDetail, ImagesThatWereMadeAreCounted) {
  const UsageReader reader = read(Dialect::kVertexGemini, BodyForm::kJson, R"({"predictions":[
    {"bytesBase64Encoded":"iVBOR","mimeType":"image/png"},{"mimeType":"image/jpeg","gcsUri":"gs://b/o"},
    {"raiFilteredReason":"blocked"},{"mimeType":"text/plain"}]})");
  EXPECT_EQ(reader.usage().images, 2);
  EXPECT_TRUE(reader.usage().any());
  EXPECT_EQ(gemini(R"({"predictions":[{"safetyAttributes":{}}]})").usage().images, Usage::kUnset);
}

TEST(UsageDetail, AnAnthropicStreamKeepsBothOfItsUsageObjects) {
  EXPECT_EQ(claude(recorded::kAnthropicStream).raw_usage(),
            R"({"message_start":{"input_tokens":25,"cache_creation_input_tokens":300,"cache_read_input_tokens":1200,)"
            R"("cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},"output_tokens":1,)"
            R"("service_tier":"standard"},"message_delta":{"input_tokens":null,"output_tokens":64,)"
            R"("output_tokens_details":{"thinking_tokens":20},"server_tool_use":{"web_search_requests":2}}})");
  const UsageReader begun = claude(sse(R"({"type":"message_start","message":{"usage":{"input_tokens":3}}})"));
  EXPECT_EQ(begun.raw_usage(), R"({"message_start":{"input_tokens":3}})");
}

TEST(UsageDetail, AnAnthropicBodyKeepsItsUsageObjectAsItIs) {
  const UsageReader reader = read(Dialect::kVertexClaude, BodyForm::kJson, recorded::kAnthropicBody);
  EXPECT_TRUE(reader.raw_usage().starts_with(R"({"input_tokens": 12,)")) << reader.raw_usage();
  EXPECT_TRUE(reader.raw_usage().ends_with(R"("iterations": [{"input_tokens": 999}]})")) << reader.raw_usage();
}

TEST(UsageDetail, TheLastOfGooglesRepeatedObjectsIsKept) {
  const std::string raw = read(Dialect::kGemini, BodyForm::kSse, recorded::kGeminiStream).raw_usage();
  EXPECT_TRUE(raw.starts_with("{\"promptTokenCount\": 1000,\"candidatesTokenCount\": 9,")) << raw;
  EXPECT_TRUE(raw.ends_with("\"thoughtsTokenCount\": 50}")) << raw;
  EXPECT_EQ(gemini("{}").raw_usage(), "");
}

TEST(UsageDetail, AUsageObjectThatBrokeOffIsNotKept) {
  const std::string whole = sse(R"({"usageMetadata":{"promptTokenCount":7}})");
  const UsageReader reader =
      read(Dialect::kGemini, BodyForm::kSse, whole + R"(data: {"usageMetadata":{"promptTokenCount":7,"candida)");
  EXPECT_EQ(reader.raw_usage(), R"({"promptTokenCount":7})");
}

TEST(UsageDetail, AnEndlessUsageObjectIsCut) {
  const std::string pad = R"("x":")" + std::string(100'000, 'y') + "\"";
  EXPECT_EQ(gemini(R"({"usageMetadata":{"promptTokenCount":7,)" + pad + "}}").raw_usage().size(), kRawUsageBytes);
  const UsageReader both = claude(sse(R"({"type":"message_start","message":{"usage":{"input_tokens":3,)" + pad + "}}}") +
                                  sse(R"({"type":"message_delta","usage":{"output_tokens":3,)" + pad + "}}"));
  EXPECT_LE(both.raw_usage().size(), kRawUsageBytes);
  EXPECT_NE(both.raw_usage().find(R"("message_delta":{"output_tokens":3)"), std::string::npos);
  EXPECT_EQ(both.usage().output, 3);
}

TEST(UsageDetail, TextThatPassedSinceTheLastCountIsMeasured) {
  std::string stream = sse(R"({"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}})");
  stream += "event: content_block_delta\n" + sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"12345"}})");
  EXPECT_EQ(claude(stream).usage().uncounted_text_bytes, 5);
  stream += sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"678"}})");  // unnamed
  EXPECT_EQ(claude(stream).usage().uncounted_text_bytes, 8);
  stream += "event: content_block_delta\n" + sse(R"({"index":0,"delta":{"partial_json":"{\"a\":","type":"input_json_delta"}})");
  EXPECT_EQ(claude(stream).usage().uncounted_text_bytes, 15);
  // A signature is no output, nor is what an event has besides its delta.
  stream += "event: content_block_delta\n" + sse(R"({"text":"xxxx","delta":{"type":"signature_delta","signature":"EqQBCgIY"}})");
  EXPECT_EQ(claude(stream).usage().uncounted_text_bytes, 15);
  stream += sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}})");
  EXPECT_EQ(claude(stream).usage().uncounted_text_bytes, 0);
}

TEST(UsageDetail, DeltasAreMeasuredAlikeHoweverTheyAreWritten) {
  const auto measured = [](const std::string& data) {
    const std::string stream = "event: content_block_delta\n" + data;
    const UsageReader whole = claude(stream);
    UsageReader bytes(Dialect::kAnthropic, BodyForm::kSse);
    for (const char c : stream) bytes.feed({&c, 1});
    EXPECT_TRUE(bytes.usage() == whole.usage()) << data;
    EXPECT_EQ(bytes.at_event_boundary(), whole.at_event_boundary()) << data;
    return whole.usage().uncounted_text_bytes;
  };
  const std::string begin = R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")";
  EXPECT_EQ(measured("data: " + begin + "1234\"}}\n\n"), 4);
  EXPECT_EQ(measured("data:" + begin + "1234\"}}\r\n\r\n"), 4);
  EXPECT_EQ(measured("data: " + begin + "1234\"}      }  \n\n"), 4);
  EXPECT_EQ(measured("data: " + begin + R"(\"\\\u00e4"}})" + "\n\n"), 10);
  EXPECT_EQ(measured("data: " + begin + "\"}}\n\n"), 0);
  EXPECT_EQ(measured("data: " + begin + "1234\"}}\ndata: " + begin + "1234\"}}\n\n"), 4);  // the second is no document
  EXPECT_EQ(measured("data: " + begin + "12\ndata: 34\"}}\n\n"), 0);
  EXPECT_EQ(measured("data: " + begin + "1234\",\"x\":1}}\n\n"), 4);
  EXPECT_EQ(measured("data: " + begin + "1234\"}}x\n\n"), 4);
  EXPECT_EQ(measured("data: " + begin + "1234\"}"), 4);  // broken off; the text had come
  EXPECT_EQ(measured("data: " + begin + "1234"), 0);
  EXPECT_EQ(measured("data: " + begin + "12\t34\"}}\n\n"), 0);
  EXPECT_EQ(measured(R"(data: {"type":"content_block_delta","index":12,"delta":{"type":"thinking_delta","thinking":"123"}})"
                     "\n\n"),
            3);
  EXPECT_EQ(measured(R"(data: {"type":"content_block_delta","index":,"delta":{"type":"text_delta","text":"123"}})" "\n\n"), 0);
}

TEST(UsageDetail, AChunkThatCountsItsOutputLeavesNoTextUncounted) {
  const std::string text = R"("candidates":[{"content":{"parts":[{"text":"12345","thoughtSignature":"abc"},{"functionCall":{"name":"f"}}]}}])";
  const std::string counted = R"("usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2})";
  const auto left = [](const std::string& chunk) {
    return read(Dialect::kGemini, BodyForm::kSse, sse(chunk)).usage().uncounted_text_bytes;
  };
  EXPECT_EQ(left("{" + text + "}"), 5 + 12);
  EXPECT_EQ(left("{" + text + "," + counted + "}"), 0);
  EXPECT_EQ(left("{" + counted + "," + text + "}"), 0);
}

TEST(UsageDetail, ABodyThatBrokeOffTellsHowMuchTextCame) {
  const UsageReader reader = read(Dialect::kAnthropic, BodyForm::kJson,
                                  R"({"content":[{"type":"text","text":"12345"},{"type":"tool_use","input":{"a":1}},{"type":"te)");
  EXPECT_FALSE(reader.usage().complete);
  EXPECT_EQ(reader.usage().uncounted_text_bytes, 5 + 7);
  EXPECT_EQ(read(Dialect::kAnthropic, BodyForm::kJson, recorded::kAnthropicBody).usage().uncounted_text_bytes, 0);
}

TEST(UsageDetail, EverythingIsTheSameHoweverTheAnswerIsCut) {
  for (const auto& [dialect, form, payload] :
       {std::tuple(Dialect::kAnthropic, BodyForm::kSse, recorded::kAnthropicStream),
        std::tuple(Dialect::kAnthropic, BodyForm::kJson, recorded::kAnthropicBody),
        std::tuple(Dialect::kGemini, BodyForm::kSse, recorded::kGeminiStream),
        std::tuple(Dialect::kVertexGemini, BodyForm::kJsonArray, recorded::kGeminiArray)}) {
    const UsageReader whole = read(dialect, form, payload);
    splits::for_each(payload, [&, d = dialect, f = form](const splits::Pieces& pieces) {
      UsageReader reader(d, f);
      for (const std::string_view piece : pieces) reader.feed(piece);
      ASSERT_TRUE(reader.usage() == whole.usage());
      ASSERT_EQ(reader.raw_usage(), whole.raw_usage());
    });
    // And wherever it breaks off, in one piece or in bytes.
    for (std::size_t end = 0; end < payload.size(); ++end) {
      UsageReader bytes(dialect, form);
      for (std::size_t i = 0; i < end; ++i) bytes.feed(payload.substr(i, 1));
      const UsageReader once = read(dialect, form, payload.substr(0, end));
      ASSERT_TRUE(bytes.usage() == once.usage()) << end;
      ASSERT_EQ(bytes.raw_usage(), once.raw_usage()) << end;
    }
  }
}

}  // namespace
}  // namespace moongate
