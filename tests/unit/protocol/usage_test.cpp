#include "protocol/usage.h"

#include <gtest/gtest.h>

#include "unit/protocol/recorded_streams.h"
#include "unit/protocol/splits.h"

namespace moongate {
namespace {

constexpr std::int64_t kUnset = Usage::kUnset;

UsageReader read(Dialect dialect, BodyForm form, std::string_view payload) {
  UsageReader reader(dialect, form);
  reader.feed(payload);
  return reader;
}

UsageReader anthropic_sse(std::string_view payload) {
  return read(Dialect::kAnthropic, BodyForm::kSse, payload);
}
UsageReader gemini_sse(std::string_view payload) { return read(Dialect::kGemini, BodyForm::kSse, payload); }

std::string sse(std::string_view name, std::string_view data) {
  return "event: " + std::string(name) + "\ndata: " + std::string(data) + "\n\n";
}

TEST(UsageReader, IsSmallEnoughForEveryIdleStream) { EXPECT_LE(sizeof(UsageReader), 496U); }

TEST(UsageReader, MergesAnAnthropicStream) {
  const UsageReader reader = anthropic_sse(recorded::kAnthropicStream);
  const Usage& usage = reader.usage();
  EXPECT_EQ(usage.input, 25);
  EXPECT_EQ(usage.cache_write_5m, 100);
  EXPECT_EQ(usage.cache_write_1h, 200);
  EXPECT_EQ(usage.cache_read, 1200);
  EXPECT_EQ(usage.output, 64);
  EXPECT_EQ(usage.thoughts, 20);
  EXPECT_EQ(usage.web_searches, 2);
  EXPECT_EQ(usage.tool_prompt, kUnset);
  EXPECT_TRUE(usage.complete);
  EXPECT_TRUE(reader.final_event_seen());
  EXPECT_FALSE(reader.error_event_seen());
  EXPECT_TRUE(reader.at_event_boundary());
  EXPECT_EQ(reader.model(), "claude-sonnet-4-5-20250929");
}

TEST(UsageReader, ReadsAnAnthropicBody) {
  const UsageReader reader = read(Dialect::kVertexClaude, BodyForm::kJson, recorded::kAnthropicBody);
  EXPECT_EQ(reader.usage().input, 12);
  EXPECT_EQ(reader.usage().output, 34);
  EXPECT_EQ(reader.usage().cache_write_5m, 7);
  EXPECT_EQ(reader.usage().cache_write_1h, kUnset);
  EXPECT_EQ(reader.usage().cache_read, kUnset);
  EXPECT_TRUE(reader.usage().complete);
  EXPECT_EQ(reader.model(), "claude-opus-4-6");
}

TEST(UsageReader, MergesAGeminiStream) {
  const UsageReader reader = gemini_sse(recorded::kGeminiStream);
  const Usage& usage = reader.usage();
  EXPECT_EQ(usage.input, 200);
  EXPECT_EQ(usage.cache_read, 800);
  EXPECT_EQ(usage.output, 9);
  EXPECT_EQ(usage.thoughts, 50);
  EXPECT_EQ(usage.tool_prompt, 16);
  EXPECT_EQ(usage.audio_input, 100);
  EXPECT_TRUE(usage.complete);
  EXPECT_TRUE(reader.final_event_seen());
  EXPECT_EQ(reader.model(), "gemini-2.5-pro");
}

TEST(UsageReader, ReadsAGeminiArray) {
  const UsageReader reader = read(Dialect::kVertexGemini, BodyForm::kJsonArray, recorded::kGeminiArray);
  EXPECT_EQ(reader.usage().input, 200);
  EXPECT_EQ(reader.usage().output, 9);
  EXPECT_EQ(reader.usage().thoughts, 50);
  EXPECT_EQ(reader.elements(), 2U);
  EXPECT_TRUE(reader.final_event_seen());
  EXPECT_EQ(reader.array_position(), ArrayPosition::kAfterArray);
}

TEST(UsageReader, ReadsAGeminiBody) {
  const UsageReader reader =
      read(Dialect::kGemini, BodyForm::kJson,
           R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":"12",
                                  "candidatesTokenCount":3,"totalTokenCount":15},"modelVersion":"m"})");
  EXPECT_EQ(reader.usage().input, 12);  // protobuf may quote 64-bit integers
  EXPECT_EQ(reader.usage().output, 3);
  EXPECT_TRUE(reader.usage().complete);
}

TEST(UsageReader, SumsTheTextsOfOneEmbeddingAnswer) {
  const UsageReader reader = read(
      Dialect::kVertexGemini, BodyForm::kJson,
      R"({"predictions":[{"embeddings":{"statistics":{"truncated":false,"token_count":4},"values":[0.1,-2e-3]}},
           {"embeddings":{"values":[1],"statistics":{"token_count":6}}}],"metadata":{"billableCharacterCount":9}})");
  EXPECT_EQ(reader.usage().input, 10);
  EXPECT_EQ(reader.usage().output, kUnset);
}

TEST(UsageReader, TakesABlockedPromptForTheEnd) {
  const UsageReader reader = gemini_sse(
      "data: "
      "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":8}}\n\n");
  EXPECT_TRUE(reader.final_event_seen());
  EXPECT_EQ(reader.usage().input, 8);
  EXPECT_EQ(reader.usage().output, kUnset);
}

TEST(UsageReader, DoesNotTakeAnUnspecifiedReasonForTheEnd) {
  EXPECT_FALSE(gemini_sse("data: {\"candidates\":[{\"finishReason\":\"FINISH_REASON_UNSPECIFIED\"}]}\n\n")
                   .final_event_seen());
  EXPECT_FALSE(gemini_sse("data: {\"candidates\":[{\"finishReason\":null}]}\n\n").final_event_seen());
}

TEST(UsageReader, SeesErrorEventsInEitherShape) {
  const std::string start =
      sse("message_start", R"({"type":"message_start","message":{"usage":{"input_tokens":3}}})");
  const UsageReader named = anthropic_sse(
      start + sse("error", R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"));
  EXPECT_TRUE(named.error_event_seen());
  EXPECT_FALSE(named.final_event_seen());
  EXPECT_FALSE(named.usage().complete);
  EXPECT_EQ(named.usage().input, 3);
  EXPECT_TRUE(anthropic_sse("data: {\"error\":{\"code\":503}}\n\n").error_event_seen());
  EXPECT_TRUE(gemini_sse("data: {\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}\n\n")
                  .error_event_seen());
  EXPECT_TRUE(
      read(Dialect::kVertexGemini, BodyForm::kJsonArray, "[{\"error\":{\"code\":429}}]").error_event_seen());
  EXPECT_FALSE(anthropic_sse("data: {\"type\":\"x\",\"error\":null}\n\n").error_event_seen());
}

TEST(UsageReader, WorksWithoutEventNames) {
  std::string stream(recorded::kAnthropicStream);
  for (std::size_t at; (at = stream.find("event: ")) != std::string::npos;) {
    stream.erase(at, stream.find('\n', at) + 1 - at);
  }
  const UsageReader reader = anthropic_sse(stream);
  EXPECT_EQ(reader.usage().output, 64);
  EXPECT_EQ(reader.usage().input, 25);
  EXPECT_TRUE(reader.final_event_seen());
}

TEST(UsageReader, UnderstandsEveryLineEnding) {
  for (const std::string_view ending : {"\n", "\r\n", "\r"}) {
    std::string stream;
    for (const char c : recorded::kAnthropicStream) {
      if (c == '\n') {
        stream += ending;
      } else {
        stream += c;
      }
    }
    for (const std::string& mark : {std::string(), std::string("\xEF\xBB\xBF")}) {
      const UsageReader reader = anthropic_sse(mark + stream);
      EXPECT_EQ(reader.usage().output, 64);
      EXPECT_TRUE(reader.final_event_seen());
      EXPECT_TRUE(reader.at_event_boundary()) << "ending " << testing::PrintToString(ending);
    }
  }
}

TEST(UsageReader, JoinsDataLinesAndIgnoresWhatItDoesNotKnow) {
  const UsageReader reader = anthropic_sse(
      ":comment\nid: 7\nretry: 10\nnonsense\ndata\ndata:{\"type\":\"message_delta\",\ndata: \"usage\":\n"
      "data:  {\"output_tokens\"\ndata::12}}\n\n");
  EXPECT_EQ(reader.usage().output, 12);
}

TEST(UsageReader, SkipsContentEventsHoweverTheirFieldNamesAreCut) {
  const std::string stream = sse("content_block_delta", R"({"usage":{"output_tokens":9}})");
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
    reader.feed(stream.substr(0, cut));
    reader.feed(stream.substr(cut));
    EXPECT_FALSE(reader.usage().any()) << cut;
    EXPECT_EQ(reader.elements(), 0U);
  }
}

TEST(UsageReader, SurvivesEventsOfAMegabyte) {
  std::string stream = sse("content_block_delta", R"({"type":"content_block_delta","delta":{"text":")" +
                                                      std::string(1 << 20, 'x') + "\"}}");
  stream += sse("message_delta", R"({"type":"message_delta","pad":")" + std::string(1 << 20, 'y') +
                                     R"(","usage":{"output_tokens":5}})");
  EXPECT_EQ(anthropic_sse(stream).usage().output, 5);
}

TEST(UsageReader, DropsABrokenDocumentAndReadsTheNextEvent) {
  const UsageReader reader = anthropic_sse(
      "data: {\"type\":\"message_delta\",\"usage\":{]}\n\ndata: [DONE]\n\ndata: hello\n\n"
      "data: {\"usage\":{\"output_tokens\":5}}\n\n");
  EXPECT_EQ(reader.usage().output, 5);
}

TEST(UsageReader, BelievesOnlyNonNegativeIntegersThatFit) {
  const UsageReader reader =
      read(Dialect::kAnthropic, BodyForm::kJson,
           R"({"usage":{"input_tokens":-5,"output_tokens":1.5,"cache_read_input_tokens":
                                  99999999999999999999,"cache_creation_input_tokens":true}})");
  EXPECT_FALSE(reader.usage().any());
  EXPECT_EQ(reader.usage().cache_write_5m, kUnset);
  const UsageReader huge =
      read(Dialect::kAnthropic, BodyForm::kJson, R"({"usage":{"output_tokens":9223372036854775807}})");
  EXPECT_EQ(huge.usage().output, INT64_MAX);
}

TEST(UsageReader, KnowsEscapedKeys) {
  EXPECT_EQ(
      read(Dialect::kAnthropic, BodyForm::kJson, R"({"us\u0061ge":{"output\u005ftokens":5}})").usage().output,
      5);
}

TEST(UsageReader, ReadsNothingFromOpaqueBodiesAndUnknownDialects) {
  EXPECT_FALSE(read(Dialect::kAnthropic, BodyForm::kOpaque, recorded::kAnthropicBody).usage().any());
  EXPECT_FALSE(read(Dialect::kPlain, BodyForm::kJson, recorded::kAnthropicBody).usage().any());
  EXPECT_FALSE(read(Dialect::kOpenAi, BodyForm::kSse, recorded::kAnthropicStream).usage().any());
}

TEST(UsageReader, CutsOffAModelsNameThatIsTooLong) {
  const UsageReader reader =
      read(Dialect::kAnthropic, BodyForm::kJson, "{\"model\":\"" + std::string(5000, 'm') + "\"}");
  EXPECT_EQ(reader.model(), std::string(80, 'm'));
}

// Where an event ends, byte by byte.
TEST(EventBoundary, IsExactlyBetweenTwoEvents) {
  const std::string_view stream = "\xEF\xBB\xBF: c\nid: 1\ndata: x\n\n\n:c\r\ndata: y\r\n\r\ndata";
  const std::string_view expect =
      "1001"    // before the mark, inside it, after it
      "0001"    // ": c\n"
      "000000"  // "id: 1\n"
      "00000000"
      "11"    // the blank line, and a stray one
      "0001"  // ":c\r\n", where the LF belongs to the CR
      "000000000"
      "01"
      "0000";
  UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
  std::string got = reader.at_event_boundary() ? "1" : "0";
  for (const char c : stream) {
    reader.feed({&c, 1});
    got += reader.at_event_boundary() ? '1' : '0';
  }
  EXPECT_EQ(got, expect);
}

TEST(EventBoundary, WaitsForTheLineFeedThatMayFollow) {
  UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
  reader.feed("data: x\r\n\r");
  EXPECT_FALSE(reader.at_event_boundary());
  reader.feed("\n");
  EXPECT_TRUE(reader.at_event_boundary());
  UsageReader lone(Dialect::kAnthropic, BodyForm::kSse);
  lone.feed("data: x\r\r");
  EXPECT_TRUE(lone.at_event_boundary());
}

TEST(EventBoundary, OfPlainBodiesIsBeforeTheFirstByte) {
  for (const BodyForm form : {BodyForm::kJson, BodyForm::kOpaque}) {
    UsageReader reader(Dialect::kAnthropic, form);
    reader.feed("");
    EXPECT_TRUE(reader.at_event_boundary());
    reader.feed(" ");
    EXPECT_FALSE(reader.at_event_boundary());
  }
}

TEST(EventBoundary, OfAnArrayIsOutsideItsElements) {
  const std::string_view text = " [ {\"a\":[1,{}]} , {} ] ";
  const std::string_view expect = "bbff11111111111aacc1aazz";
  UsageReader reader(Dialect::kVertexGemini, BodyForm::kJsonArray);
  const auto letter = [&] {
    switch (reader.array_position()) {
      case ArrayPosition::kBeforeArray:
        return 'b';
      case ArrayPosition::kFirst:
        return 'f';
      case ArrayPosition::kAfterElement:
        return 'a';
      case ArrayPosition::kAfterComma:
        return 'c';
      case ArrayPosition::kInsideElement:
        return '1';
      case ArrayPosition::kAfterArray:
        return 'z';
    }
    return '?';
  };
  std::string got(1, letter());
  for (const char c : text) {
    reader.feed({&c, 1});
    got += letter();
    EXPECT_EQ(reader.at_event_boundary(), got.back() != '1' && got.back() != 'z');
  }
  EXPECT_EQ(got, expect);
  EXPECT_EQ(reader.elements(), 2U);
}

TEST(EventBoundary, AnErrorPutThereLeavesAWholeArray) {
  for (std::size_t cut = 0; cut <= recorded::kGeminiArray.size(); ++cut) {
    UsageReader reader(Dialect::kVertexGemini, BodyForm::kJsonArray);
    reader.feed(recorded::kGeminiArray.substr(0, cut));
    const std::string tail = error_array_tail({503, "gone", "r", "", -1}, reader.array_position());
    EXPECT_EQ(tail.empty(), !reader.at_event_boundary());
    if (tail.empty()) continue;
    const std::uint64_t before = reader.elements();
    UsageReader client(Dialect::kVertexGemini, BodyForm::kJsonArray);
    client.feed(recorded::kGeminiArray.substr(0, cut));
    client.feed(tail);
    EXPECT_EQ(client.array_position(), ArrayPosition::kAfterArray) << cut;
    EXPECT_EQ(client.elements(), before + 1);
    EXPECT_TRUE(client.error_event_seen());
  }
}

TEST(FinalEvent, CountsOnceItIsCompleteWithItsBlankLine) {
  UsageReader reader(Dialect::kAnthropic, BodyForm::kSse);
  reader.feed("event: message_stop\ndata: {\"type\":\"message_stop\"}\n");
  EXPECT_FALSE(reader.final_event_seen());
  reader.feed("\n");
  EXPECT_TRUE(reader.final_event_seen());
  UsageReader gemini(Dialect::kGemini, BodyForm::kSse);
  gemini.feed("data: {\"candidates\":[{\"finishReason\":\"STOP\"}]");
  gemini.feed("\n\n");
  EXPECT_FALSE(gemini.final_event_seen());  // the document is cut
}

std::string summary(const UsageReader& reader) {
  const Usage& u = reader.usage();
  std::string out;
  for (const std::int64_t value : {u.input, u.cache_write_5m, u.cache_write_1h, u.cache_read, u.output,
                                   u.thoughts, u.tool_prompt, u.audio_input, u.web_searches}) {
    out += std::to_string(value) + ",";
  }
  return out + std::to_string(u.complete) + std::to_string(reader.final_event_seen()) +
         std::to_string(reader.error_event_seen()) + std::to_string(reader.at_event_boundary()) +
         std::to_string(reader.elements()) + std::string(reader.model());
}

TEST(UsageReader, GivesTheSameHoweverTheStreamIsCut) {
  std::string with_crlf;
  for (const char c : recorded::kAnthropicStream)
    with_crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const struct {
    Dialect dialect;
    BodyForm form;
    std::string text;
  } recordings[] = {
      {Dialect::kAnthropic, BodyForm::kSse, std::string(recorded::kAnthropicStream)},
      {Dialect::kVertexClaude, BodyForm::kSse, "\xEF\xBB\xBF" + with_crlf},
      {Dialect::kGemini, BodyForm::kSse, std::string(recorded::kGeminiStream)},
      {Dialect::kVertexGemini, BodyForm::kJsonArray, std::string(recorded::kGeminiArray)},
      {Dialect::kAnthropic, BodyForm::kJson, std::string(recorded::kAnthropicBody)},
      {Dialect::kAnthropic, BodyForm::kSse,
       "data:x\r\rdata: {\"us\\u0061ge\":{\"output_tokens\":7}}\r\r:c\r"},
      {Dialect::kGemini, BodyForm::kSse, "\xEF\xBBx\ndata: {\"error\": {}}\n\n"},
  };
  for (const auto& recording : recordings) {
    const std::string expected = summary(read(recording.dialect, recording.form, recording.text));
    splits::for_each(recording.text, [&](const splits::Pieces& pieces) {
      UsageReader reader(recording.dialect, recording.form);
      for (const std::string_view piece : pieces) reader.feed(std::string(piece));
      ASSERT_EQ(summary(reader), expected);
    });
  }
}

}  // namespace
}  // namespace moongate
