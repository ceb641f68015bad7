#include "meter/usage_tap.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "encoded.h"

namespace {
thread_local std::size_t allocations = 0;
}  // namespace

// Counted, so that "no allocation" can be held. Sanitizers bring their own.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace moongate {
namespace {

const std::string kClaudeStream =
    "event: message_start\n"
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude-sonnet-4-5\",\"usage\":{\"input_tokens\":25,"
    "\"cache_read_input_tokens\":100,\"output_tokens\":1}}}\n\n"
    "event: content_block_delta\n"
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n"
    "event: message_delta\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n"
    "event: message_stop\n"
    "data: {\"type\":\"message_stop\"}\n\n";

const std::string kGeminiArray =
    "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]}}]}\n,\r\n"
    "{\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":10,\"cachedContentTokenCount\":4,"
    "\"candidatesTokenCount\":7,\"thoughtsTokenCount\":3}}]";

TEST(BodyForm, FollowsTheContentTypeAndWhatGoogleWasAskedFor) {
  const auto form = [](Dialect dialect, std::string_view type, bool stream, bool sse) {
    return body_form(dialect, type, stream, sse);
  };
  EXPECT_EQ(form(Dialect::kAnthropic, "text/event-stream; charset=utf-8", true, false), BodyForm::kSse);
  EXPECT_EQ(form(Dialect::kAnthropic, "Text/Event-Stream", true, false), BodyForm::kSse);
  EXPECT_EQ(form(Dialect::kAnthropic, "application/json", true, false), BodyForm::kJson);
  EXPECT_EQ(form(Dialect::kVertexGemini, "application/json; charset=UTF-8", true, false), BodyForm::kJsonArray);
  EXPECT_EQ(form(Dialect::kGemini, " application/json ", true, false), BodyForm::kJsonArray);
  EXPECT_EQ(form(Dialect::kGemini, "application/json", false, false), BodyForm::kJson);
  EXPECT_EQ(form(Dialect::kGemini, "application/json", true, true), BodyForm::kJson);  // an error where events were due
  EXPECT_EQ(form(Dialect::kVertexClaude, "application/json", true, false), BodyForm::kJson);
  EXPECT_EQ(form(Dialect::kGemini, "application/problem+json", false, false), BodyForm::kJson);
  EXPECT_EQ(form(Dialect::kGemini, "text/html", false, false), BodyForm::kOpaque);
  EXPECT_EQ(form(Dialect::kGemini, "application/jsonl", false, false), BodyForm::kOpaque);
  EXPECT_EQ(form(Dialect::kGemini, "", false, false), BodyForm::kOpaque);
}

TEST(UsageTap, ReadsAPlainStreamAndAllocatesOnlyForTheUsageObjectsItKeeps) {
  for (std::size_t piece = 1; piece < 80; ++piece) {
    const std::size_t before = allocations;
    UsageTap tap(Dialect::kAnthropic, BodyForm::kSse, "");
    for (std::size_t at = 0; at < kClaudeStream.size(); at += piece) {
      tap.feed(std::string_view(kClaudeStream).substr(at, piece));
    }
    EXPECT_LE(allocations - before, 3U);
    EXPECT_EQ(tap.usage().input, 25);
    EXPECT_EQ(tap.usage().cache_read, 100);
    EXPECT_EQ(tap.usage().output, 15);
    EXPECT_TRUE(tap.usage().complete);
    EXPECT_TRUE(tap.final_event_seen());
    EXPECT_TRUE(tap.readable());
    EXPECT_TRUE(tap.at_event_boundary());
    EXPECT_EQ(tap.model(), "claude-sonnet-4-5");
  }
}

TEST(UsageTap, ReadsTheSameOutOfEveryCoding) {
  for (const Wrapping wrapping : kEveryWrapping) {
    const char* header = wrapping == Wrapping::kGzip     ? "gzip"
                         : wrapping == Wrapping::kBrotli ? "br"
                         : wrapping == Wrapping::kZstd   ? "zstd"
                                                         : "deflate";
    const std::string stream = encode(wrapping, kClaudeStream);
    const std::string array = encode(wrapping, kGeminiArray);
    for (const std::size_t piece : {1U, 3U, 50U, 1000U}) {
      UsageTap claude(Dialect::kVertexClaude, BodyForm::kSse, header);
      for (std::size_t at = 0; at < stream.size(); at += piece) claude.feed(std::string_view(stream).substr(at, piece));
      EXPECT_EQ(claude.usage().output, 15) << to_text(wrapping);
      EXPECT_TRUE(claude.final_event_seen()) << to_text(wrapping);
      EXPECT_TRUE(claude.readable()) << to_text(wrapping);
      EXPECT_FALSE(claude.at_event_boundary()) << "nothing can be put between coded bytes";

      UsageTap gemini(Dialect::kVertexGemini, BodyForm::kJsonArray, header);
      for (std::size_t at = 0; at < array.size(); at += piece) gemini.feed(std::string_view(array).substr(at, piece));
      EXPECT_EQ(gemini.usage().input, 6) << to_text(wrapping);
      EXPECT_EQ(gemini.usage().cache_read, 4) << to_text(wrapping);
      EXPECT_EQ(gemini.usage().output, 7) << to_text(wrapping);
      EXPECT_EQ(gemini.usage().thoughts, 3) << to_text(wrapping);
      EXPECT_TRUE(gemini.final_event_seen()) << to_text(wrapping);
    }
  }
}

TEST(UsageTap, TakesIdentityForNoCoding) {
  UsageTap tap(Dialect::kAnthropic, BodyForm::kSse, "identity");
  tap.feed(kClaudeStream);
  EXPECT_EQ(tap.usage().output, 15);
  EXPECT_TRUE(tap.at_event_boundary());
}

TEST(UsageTap, SaysWhenItCannotRead) {
  for (const char* coding : {"compress", "gzip, br"}) {
    UsageTap tap(Dialect::kAnthropic, BodyForm::kSse, coding);
    tap.feed(kClaudeStream);
    EXPECT_FALSE(tap.readable()) << coding;
    EXPECT_FALSE(tap.usage().any()) << coding;
    EXPECT_FALSE(tap.at_event_boundary()) << coding;
  }
  UsageTap opaque(Dialect::kAnthropic, BodyForm::kOpaque, "");
  opaque.feed("\x89PNG");
  EXPECT_FALSE(opaque.readable());
  EXPECT_FALSE(opaque.at_event_boundary());
}

TEST(UsageTap, KeepsWhatItReadBeforeABodyTurnedOutCorrupt) {
  std::vector<std::size_t> ends;
  const std::string head = kClaudeStream.substr(0, kClaudeStream.find("event: content"));
  std::string body = encode(Wrapping::kGzip, {head, kClaudeStream.substr(head.size())}, true, &ends);
  body.resize(ends[0]);
  UsageTap tap(Dialect::kAnthropic, BodyForm::kSse, "gzip");
  tap.feed(body);
  EXPECT_TRUE(tap.readable());
  tap.feed("\xff\xff\xff\xff no deflate block looks like this");
  EXPECT_FALSE(tap.readable());
  EXPECT_EQ(tap.usage().input, 25);
  EXPECT_FALSE(tap.usage().complete);
  tap.feed("and more");
}

}  // namespace
}  // namespace moongate
