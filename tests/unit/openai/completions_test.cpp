#include "conversion.h"

namespace moongate::openai_test {
namespace {

constexpr OpenAiKind kKind = OpenAiKind::kCompletions;

TEST(Completions, AskWithOneUserTurn) {
  expect_request(kKind, kClaude, kClaudeModel, R"({"model":"x","prompt":"Hi","max_tokens":5,"stop":"\n"})", "/v1/messages",
                 R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"stop_sequences":["\n"]})");
  expect_request(kKind, kGemini, kGeminiModel, R"({"prompt":["Hi"]})", "/v1beta/models/gemini-2.5-flash:generateContent",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}]})");
}

TEST(Completions, AreAnsweredWithTextAlone) {
  EXPECT_EQ(answered(kKind, kGemini, R"({"prompt":"Hi"})",
                     R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hello"}]},"finishReason":"STOP"}],
                         "usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}})"),
            R"({"id":"cmpl-r1","object":"text_completion","created":1700000000,"model":"the-model","choices":[{"text":"Hello","index":0,"logprobs":null,"finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})");
}

TEST(Completions, StreamTextThenDone) {
  const Events events = {{"", R"({"candidates":[{"content":{"parts":[{"text":"Hel"}]}}]})"},
                         {"", R"({"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"MAX_TOKENS"}]})"}};
  const auto chunk = [](std::string_view text, std::string_view finish) {
    return R"({"id":"cmpl-r1","object":"text_completion","created":1700000000,"model":"the-model","choices":[{"text":")" + std::string(text) +
           R"(","index":0,"logprobs":null,"finish_reason":)" + std::string(finish) + "}]}";
  };
  EXPECT_EQ(data_of(streamed(kKind, kGemini, R"({"prompt":"Hi","stream":true})", events)),
            (std::vector<std::string>{chunk("Hel", "null"), chunk("lo", "null"), chunk("", R"("length")"), "[DONE]"}));
}

TEST(Completions, WhatCannotBeCompletedIsRefused) {
  const auto refused = [](std::string_view members) { return refusal(kKind, kGemini, "m", "{" + std::string(members) + "}"); };
  EXPECT_EQ(refused(R"("prompt":["a","b"])"), "prompt must be one text: ask once for each");
  EXPECT_EQ(refused(R"("prompt":[1,2])"), "prompt must be one text: ask once for each");
  EXPECT_EQ(refused(R"("prompt":"a","suffix":"b")"), "suffix cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("prompt":"a","echo":true)"), "echo cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("prompt":"a","logprobs":1)"), "logprobs cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("prompt":"a","best_of":2)"), "best_of must be 1: ask again for another answer");
}

}  // namespace
}  // namespace moongate::openai_test
