#include "conversion.h"

namespace moongate::openai_test {
namespace {

constexpr std::string_view kAsk = R"({"model":"x","messages":[{"role":"user","content":"Hi"}]})";
constexpr std::string_view kStream = R"({"model":"x","stream":true,"messages":[{"role":"user","content":"Hi"}]})";
constexpr std::string_view kStreamWithUsage =
    R"({"model":"x","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]})";

std::string chat_answer(Provider provider, std::string_view answer, std::string_view ask = kAsk) {
  return answered(OpenAiKind::kChat, provider, ask, answer);
}

std::string completion(std::string_view message, std::string_view finish, std::string_view usage) {
  return R"({"id":"chatcmpl-r1","object":"chat.completion","created":1700000000,"model":"the-model","choices":[{"index":0,"message":)" +
         std::string(message) + R"(,"logprobs":null,"finish_reason":")" + std::string(finish) + R"("}],"usage":)" +
         std::string(usage) + "}";
}

std::string chunk(std::string_view delta, std::string_view finish = "null", std::string_view more = "") {
  return R"({"id":"chatcmpl-r1","object":"chat.completion.chunk","created":1700000000,"model":"the-model","choices":[{"index":0,"delta":)" +
         std::string(delta) + R"(,"logprobs":null,"finish_reason":)" + std::string(finish) + "}]" + std::string(more) + "}";
}

TEST(ChatAnswers, OfClaudeAreTextWithUsageThatCountsTheCacheIn) {
  EXPECT_EQ(chat_answer(kClaude, R"({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
      {"type":"text","text":"Hel"},{"type":"text","text":"lo"}],"stop_reason":"end_turn","usage":{"input_tokens":10,
      "cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5}})"),
            completion(R"({"role":"assistant","content":"Hello","refusal":null})", "stop",
                       R"({"prompt_tokens":17,"completion_tokens":5,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":4},)"
                       R"("completion_tokens_details":{"reasoning_tokens":0}})"));
}

TEST(ChatAnswers, OfGeminiAreTextWithUsageThatCountsTheThoughtsIn) {
  EXPECT_EQ(chat_answer(kGemini, R"({"candidates":[{"content":{"role":"model","parts":[{"text":"hm","thought":true},
      {"text":"Hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,
      "candidatesTokenCount":5,"thoughtsTokenCount":7,"totalTokenCount":22}})"),
            completion(R"({"role":"assistant","content":"Hello","refusal":null,"reasoning_content":"hm"})", "stop",
                       R"({"prompt_tokens":10,"completion_tokens":12,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":4},)"
                       R"("completion_tokens_details":{"reasoning_tokens":7}})"));
}

TEST(ChatAnswers, CallsHaveTheirArgumentsAsText) {
  const std::string usage = R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"prompt_tokens_details":{"cached_tokens":0},)"
                            R"("completion_tokens_details":{"reasoning_tokens":0}})";
  EXPECT_EQ(chat_answer(kClaude, R"({"content":[{"type":"thinking","thinking":"hm","signature":"S"},
      {"type":"tool_use","id":"toolu_1","name":"f","input":{"a":0.1,"b":[true,null]}},{"type":"tool_use","id":"toolu_2","name":"g","input":{}}],
      "stop_reason":"tool_use"})"),
            completion(R"({"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm","tool_calls":[)"
                       R"({"id":"toolu_1","type":"function","function":{"name":"f","arguments":"{\"a\":0.1,\"b\":[true,null]}"}},)"
                       R"({"id":"toolu_2","type":"function","function":{"name":"g","arguments":"{}"}}]})",
                       "tool_calls", usage));
  EXPECT_EQ(chat_answer(kGemini, R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"S"},
      {"functionCall":{"name":"g"}}]},"finishReason":"STOP"}]})"),
            completion(R"({"role":"assistant","content":null,"refusal":null,"tool_calls":[)"
                       R"({"id":"call_r1_0","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},)"
                       R"("extra_content":{"google":{"thought_signature":"S"}}},)"
                       R"({"id":"call_r1_1","type":"function","function":{"name":"g","arguments":"{}"}}]})",
                       "tool_calls", usage));
}

TEST(ChatAnswers, OfOneWhoAskedWithFunctionsHaveAFunctionCall) {
  EXPECT_EQ(chat_answer(kClaude, R"({"content":[{"type":"tool_use","id":"t","name":"f","input":{}}],"stop_reason":"tool_use"})",
                        R"({"messages":[{"role":"user","content":"Hi"}],"functions":[{"name":"f"}]})"),
            completion(R"({"role":"assistant","content":null,"refusal":null,"function_call":{"name":"f","arguments":"{}"}})",
                       "function_call",
                       R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"prompt_tokens_details":{"cached_tokens":0},)"
                       R"("completion_tokens_details":{"reasoning_tokens":0}})"));
}

std::string finish_of(Provider provider, std::string_view reason) {
  const std::string body =
      provider == kClaude
          ? R"({"content":[],"stop_reason":")" + std::string(reason) + R"("})"
          : R"({"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":")" + std::string(reason) + R"("}]})";
  const std::string told = chat_answer(provider, body);
  const std::size_t at = told.find(R"("finish_reason":")") + 17;
  return told.substr(at, told.find('"', at) - at);
}

TEST(ChatAnswers, EndForOneOfOpenAisReasons) {
  for (const char* reason : {"end_turn", "stop_sequence", "pause_turn", "something_new"}) {
    EXPECT_EQ(finish_of(kClaude, reason), "stop") << reason;
  }
  EXPECT_EQ(finish_of(kClaude, "max_tokens"), "length");
  EXPECT_EQ(finish_of(kClaude, "model_context_window_exceeded"), "length");
  EXPECT_EQ(finish_of(kClaude, "refusal"), "content_filter");
  for (const char* reason : {"STOP", "OTHER", "MALFORMED_FUNCTION_CALL"}) EXPECT_EQ(finish_of(kGemini, reason), "stop") << reason;
  EXPECT_EQ(finish_of(kGemini, "MAX_TOKENS"), "length");
  for (const char* reason : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"}) {
    EXPECT_EQ(finish_of(kGemini, reason), "content_filter") << reason;
  }
}

TEST(ChatAnswers, ABlockedPromptIsAFilteredAnswer) {
  expect_same_json(chat_answer(kGemini, R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":3}})"),
                   completion(R"({"role":"assistant","content":null,"refusal":null})", "content_filter",
                              R"({"prompt_tokens":3,"completion_tokens":0,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0},)"
                              R"("completion_tokens_details":{"reasoning_tokens":0}})"));
}

TEST(ChatAnswers, ThatAreNoneAreAnInternalError) {
  for (const Provider provider : {kClaude, kGemini}) {
    for (const std::string_view body : {"", "[]", "{}", "nonsense", R"({"content":7})"}) {
      const auto call = call_of(OpenAiKind::kChat, kAsk);
      call->begin_answer(provider, "m", "r", 1);
      const auto told = call->answer(body);
      ASSERT_FALSE(told.ok()) << body;
      EXPECT_EQ(told.error().kind, ErrorKind::kInternal);
    }
  }
}

const Events kClaudeText = {
    {"message_start", R"({"type":"message_start","message":{"id":"m","usage":{"input_tokens":7,"output_tokens":1}}})"},
    {"content_block_start", R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"},
    {"ping", R"({"type":"ping"})"},
    {"content_block_delta", R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}})"},
    {"content_block_delta", R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}})"},
    {"content_block_stop", R"({"type":"content_block_stop","index":0})"},
    {"message_delta", R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}})"},
    {"message_stop", R"({"type":"message_stop"})"}};

TEST(ChatStreams, AreChunksThenDone) {
  EXPECT_EQ(data_of(streamed(OpenAiKind::kChat, kClaude, kStream, kClaudeText)),
            (std::vector<std::string>{chunk(R"({"role":"assistant","content":"","refusal":null})"), chunk(R"({"content":"Hel"})"),
                                      chunk(R"({"content":"lo"})"), chunk("{}", R"("stop")"), "[DONE]"}));
}

TEST(ChatStreams, TellTheirUsageLastAndOnlyWhenAsked) {
  const std::vector<std::string> told = data_of(streamed(OpenAiKind::kChat, kClaude, kStreamWithUsage, kClaudeText));
  ASSERT_EQ(told.size(), 6u);
  EXPECT_EQ(told[1], chunk(R"({"content":"Hel"})", "null", R"(,"usage":null)"));
  EXPECT_EQ(told[4], R"({"id":"chatcmpl-r1","object":"chat.completion.chunk","created":1700000000,"model":"the-model","choices":[],"usage":)"
                     R"({"prompt_tokens":7,"completion_tokens":5,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":0},)"
                     R"("completion_tokens_details":{"reasoning_tokens":0}}})");
  EXPECT_EQ(told[5], "[DONE]");
}

TEST(ChatStreams, GiveCallsByIndexWithTheirArgumentsInPieces) {
  const Events events = {
      {"", R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}})"},
      {"", R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}})"},
      {"", R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}})"},
      {"", R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}})"},
      {"", R"({"type":"content_block_stop","index":0})"},
      {"", R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t2","name":"g","input":{}}})"},
      {"", R"({"type":"content_block_stop","index":1})"},
      {"", R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}})"}};
  EXPECT_EQ(data_of(streamed(OpenAiKind::kChat, kClaude, kStream, events)),
            (std::vector<std::string>{
                chunk(R"({"role":"assistant","content":null,"refusal":null})"),
                chunk(R"({"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"f","arguments":""}}]})"),
                chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]})"),
                chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]})"),
                chunk(R"({"tool_calls":[{"index":1,"id":"t2","type":"function","function":{"name":"g","arguments":""}}]})"),
                chunk(R"({"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]})"), chunk("{}", R"("tool_calls")"), "[DONE]"}));
}

TEST(ChatStreams, OfGeminiEndWithTheLastThatWasTold) {
  const Events events = {{"", R"({"candidates":[{"content":{"parts":[{"text":"Hel"}]}}],"usageMetadata":{"promptTokenCount":3}})"},
                         {"", R"({"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"MAX_TOKENS"}],
                              "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}})"}};
  EXPECT_EQ(data_of(streamed(OpenAiKind::kChat, kGemini, kStream, events)),
            (std::vector<std::string>{chunk(R"({"role":"assistant","content":"","refusal":null})"), chunk(R"({"content":"Hel"})"),
                                      chunk(R"({"content":"lo"})"), chunk("{}", R"("length")"), "[DONE]"}));
}

TEST(ChatStreams, EndInAnErrorWhenTheirProviderSaysSoAndAreNeverDone) {
  const Events claude = {kClaudeText[0], kClaudeText[1], kClaudeText[3],
                         {"error", R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"},
                         kClaudeText[4]};
  EXPECT_EQ(data_of(streamed(OpenAiKind::kChat, kClaude, kStream, claude)).back(),
            R"({"error":{"message":"Overloaded","type":"server_error","param":null,"code":"overloaded_error"}})");
  const Events gemini = {{"", R"({"error":{"code":429,"message":"Slow down","status":"RESOURCE_EXHAUSTED"}})"}};
  EXPECT_EQ(data_of(streamed(OpenAiKind::kChat, kGemini, kStream, gemini)),
            (std::vector<std::string>{R"({"error":{"message":"Slow down","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}})"}));
}

TEST(ChatStreams, ThatStopShortOrMakeNoSenseEndInAnError) {
  const Events half = {kClaudeText[0], kClaudeText[1], kClaudeText[3]};
  EXPECT_EQ(data_of(streamed(OpenAiKind::kChat, kClaude, kStream, half)).back(),
            R"({"error":{"message":"The provider's stream ended before the answer did","type":"server_error","param":null,"code":"bad_gateway"}})");
  EXPECT_EQ(data_of(streamed(OpenAiKind::kChat, kClaude, kStream, {{"", "nonsense"}, kClaudeText[3]})),
            (std::vector<std::string>{R"({"error":{"message":"The provider sent an event that is no JSON object","type":"server_error","param":null,"code":"bad_gateway"}})"}));
}

}  // namespace
}  // namespace moongate::openai_test
