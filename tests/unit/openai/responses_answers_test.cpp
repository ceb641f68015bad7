#include "conversion.h"

namespace moongate::openai_test {
namespace {

constexpr OpenAiKind kKind = OpenAiKind::kResponses;

std::string response(std::string_view status, std::string_view output, std::string_view usage, std::string_view error = "null",
                     std::string_view incomplete = "null") {
  return R"({"id":"resp_r1","object":"response","created_at":1700000000,"status":")" + std::string(status) +
         R"(","background":false,"error":)" + std::string(error) + R"(,"incomplete_details":)" + std::string(incomplete) +
         R"(,"instructions":null,"max_output_tokens":null,"model":"the-model","output":)" + std::string(output) +
         R"(,"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":false,)"
         R"("temperature":null,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled","usage":)" +
         std::string(usage) + R"(,"metadata":{}})";
}

constexpr std::string_view kUsage = R"({"input_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens":5,)"
                                    R"("output_tokens_details":{"reasoning_tokens":0},"total_tokens":12})";

constexpr std::string_view kMessage = R"({"id":"msg_r1_0","type":"message","status":"completed","role":"assistant","content":[)"
                                      R"({"type":"output_text","text":"Hello","annotations":[],"logprobs":[]}]})";

TEST(ResponsesAnswers, AreItemsWithUsage) {
  EXPECT_EQ(answered(kKind, kClaude, R"({"input":"Hi"})",
                     R"({"content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":5}})"),
            response("completed", "[" + std::string(kMessage) + "]", kUsage));
}

TEST(ResponsesAnswers, RepeatWhatWasAsked) {
  const std::string told = answered(kKind, kClaude, R"({"input":"Hi","instructions":"I","temperature":0.5,"metadata":{"a":"b"},
      "reasoning":{"effort":"low"},"tools":[{"type":"function","name":"f","parameters":{"type":"object"}}],"tool_choice":"none"})",
                                    R"({"content":[],"stop_reason":"end_turn"})");
  for (const std::string_view part : {R"("instructions":"I")", R"("temperature":0.5)", R"("metadata":{"a":"b"})", R"("reasoning":{"effort":"low"})",
                                      R"("tools":[{"type":"function","name":"f","parameters":{"type":"object"}}])", R"("tool_choice":"none")"}) {
    EXPECT_NE(told.find(part), std::string::npos) << part;
  }
}

TEST(ResponsesAnswers, CutOrFilteredAreIncomplete) {
  EXPECT_NE(answered(kKind, kClaude, R"({"input":"Hi"})", R"({"content":[],"stop_reason":"max_tokens"})")
                .find(R"("status":"incomplete","background":false,"error":null,"incomplete_details":{"reason":"max_output_tokens"})"),
            std::string::npos);
  EXPECT_NE(answered(kKind, kGemini, R"({"input":"Hi"})", R"({"promptFeedback":{"blockReason":"SAFETY"}})")
                .find(R"("status":"incomplete","background":false,"error":null,"incomplete_details":{"reason":"content_filter"})"),
            std::string::npos);
}

const Events kText = {{"", R"({"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1}}})"},
                      {"", R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})"},
                      {"", R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}})"},
                      {"", R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}})"},
                      {"", R"({"type":"content_block_stop","index":0})"},
                      {"", R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}})"}};

std::string numbered(std::string_view type, int number, std::string_view rest) {
  return R"({"type":")" + std::string(type) + R"(","sequence_number":)" + std::to_string(number) + "," + std::string(rest) + "}";
}

TEST(ResponsesStreams, AreTheEventsThatOpenAisClientsExpect) {
  const std::string stream = streamed(kKind, kClaude, R"({"input":"Hi","stream":true})", kText);
  EXPECT_EQ(stream.find("event: response.created\ndata: {"), 0u);
  const std::string begun = R"("response":)" + response("in_progress", "[]", "null");
  const std::string item = R"("item_id":"msg_r1_0","output_index":0,"content_index":0,)";
  const std::string part = R"({"type":"output_text","text":"Hello","annotations":[],"logprobs":[]})";
  EXPECT_EQ(data_of(stream),
            (std::vector<std::string>{
                numbered("response.created", 0, begun), numbered("response.in_progress", 1, begun),
                numbered("response.output_item.added", 2,
                         R"("output_index":0,"item":{"id":"msg_r1_0","type":"message","status":"in_progress","role":"assistant","content":[]})"),
                numbered("response.content_part.added", 3,
                         item + R"("part":{"type":"output_text","text":"","annotations":[],"logprobs":[]})"),
                numbered("response.output_text.delta", 4, item + R"("delta":"Hel","logprobs":[])"),
                numbered("response.output_text.delta", 5, item + R"("delta":"lo","logprobs":[])"),
                numbered("response.output_text.done", 6, item + R"("text":"Hello","logprobs":[])"),
                numbered("response.content_part.done", 7, item + R"("part":)" + part),
                numbered("response.output_item.done", 8, R"("output_index":0,"item":)" + std::string(kMessage)),
                numbered("response.completed", 9, R"("response":)" + response("completed", "[" + std::string(kMessage) + "]", kUsage))}));
}

TEST(ResponsesStreams, GiveCallsOfNamespacesUnderTheirOwnNames) {
  const Events events = {{"", R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"n__g","args":{"a":1}}}]},"finishReason":"STOP"}]})"}};
  const std::vector<std::string> told = data_of(streamed(
      kKind, kGemini, R"({"input":"Hi","stream":true,"tools":[{"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]}]})", events));
  ASSERT_EQ(told.size(), 7u);
  const std::string item = R"("item_id":"fc_r1_0","output_index":0,)";
  EXPECT_EQ(told[2], numbered("response.output_item.added", 2,
                              R"("output_index":0,"item":{"id":"fc_r1_0","type":"function_call","status":"in_progress","call_id":"call_r1_0","name":"g","namespace":"n","arguments":""})"));
  EXPECT_EQ(told[3], numbered("response.function_call_arguments.delta", 3, item + R"("delta":"{\"a\":1}")"));
  EXPECT_EQ(told[4], numbered("response.function_call_arguments.done", 4, item + R"("name":"g","arguments":"{\"a\":1}")"));
  EXPECT_EQ(told[5], numbered("response.output_item.done", 5,
                              R"("output_index":0,"item":{"id":"fc_r1_0","type":"function_call","status":"completed","call_id":"call_r1_0","name":"g","namespace":"n","arguments":"{\"a\":1}"})"));
}

TEST(ResponsesStreams, TellThoughtsAsSummaries) {
  const Events events = {{"", R"({"type":"content_block_start","content_block":{"type":"thinking","thinking":"","signature":""}})"},
                         {"", R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}})"},
                         {"", R"({"type":"content_block_delta","delta":{"type":"signature_delta","signature":"S"}})"},
                         {"", R"({"type":"content_block_stop"})"},
                         {"", R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"}};
  const std::vector<std::string> told = data_of(streamed(kKind, kClaude, R"({"input":"Hi","stream":true})", events));
  ASSERT_EQ(told.size(), 9u);
  const std::string item = R"("item_id":"rs_r1_0","output_index":0,"summary_index":0,)";
  EXPECT_EQ(told[2], numbered("response.output_item.added", 2, R"("output_index":0,"item":{"id":"rs_r1_0","type":"reasoning","status":"in_progress","summary":[]})"));
  EXPECT_EQ(told[3], numbered("response.reasoning_summary_part.added", 3, item + R"("part":{"type":"summary_text","text":""})"));
  EXPECT_EQ(told[4], numbered("response.reasoning_summary_text.delta", 4, item + R"("delta":"hm")"));
  EXPECT_EQ(told[5], numbered("response.reasoning_summary_text.done", 5, item + R"("text":"hm")"));
  EXPECT_EQ(told[6], numbered("response.reasoning_summary_part.done", 6, item + R"("part":{"type":"summary_text","text":"hm"})"));
  EXPECT_EQ(told[7], numbered("response.output_item.done", 7,
                              R"("output_index":0,"item":{"id":"rs_r1_0","type":"reasoning","status":"completed","summary":[{"type":"summary_text","text":"hm"}]})"));
}

TEST(ResponsesStreams, FailWhenTheirProviderDoes) {
  const Events events = {kText[0], kText[1], kText[2],
                         {"error", R"({"type":"error","error":{"type":"rate_limit_error","message":"Slow"}})"}, kText[3]};
  const std::vector<std::string> told = data_of(streamed(kKind, kClaude, R"({"input":"Hi","stream":true})", events));
  EXPECT_EQ(told.back(), numbered("response.failed", 8,
                                  R"("response":)" + response("failed", R"([{"id":"msg_r1_0","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hel","annotations":[],"logprobs":[]}]}])",
                                                              "null", R"({"code":"rate_limit_exceeded","message":"Slow"})")));
}

// The items of an answer, as the input of the next request.
std::string items_of(std::string_view answer) {
  return boost::json::serialize(boost::json::parse(answer).at("output"));
}

TEST(SealedThoughts, OfClaudeComeBackAsTheyWere) {
  const std::string answer = answered(kKind, kClaude, R"({"input":"Hi","include":["reasoning.encrypted_content"]})",
                                      R"({"content":[{"type":"thinking","thinking":"hm","signature":"S=="},{"type":"redacted_thinking","data":"R"},
      {"type":"tool_use","id":"t1","name":"f","input":{}}],"stop_reason":"tool_use"})");
  std::string items = items_of(answer);
  items.pop_back();
  expect_request(kKind, kClaude, kClaudeModel,
                 R"({"max_output_tokens":5,"input":)" + items + R"(,{"type":"function_call_output","call_id":"t1","output":"1"}]})", "/v1/messages",
                 R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"assistant","content":[
      {"type":"thinking","thinking":"hm","signature":"S=="},{"type":"redacted_thinking","data":"R"},{"type":"tool_use","id":"t1","name":"f","input":{}}]},
      {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"1"}]}]})");
}

TEST(SealedThoughts, OfGeminiComeBackAtTheCallThatTheySign) {
  const std::string answer = answered(kKind, kGemini, R"({"input":"Hi","include":["reasoning.encrypted_content"]})",
                                      R"({"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"functionCall":{"name":"f","args":{}},"thoughtSignature":"SIG"},
      {"functionCall":{"name":"g","args":{}}}]},"finishReason":"STOP"}]})");
  expect_request(kKind, kGemini, "gemini-3-flash", R"({"input":)" + items_of(answer) + "}",
                 "/v1beta/models/gemini-3-flash:generateContent",
                 R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"SIG"},{"functionCall":{"name":"g","args":{}}}]}]})");
}

TEST(SealedThoughts, OfStrangersAreLeftOut) {
  for (const std::string_view sealed : {"gAAAAAB", "mg1.", "mg1.!!", "mg1.e30", "mg1.W10"}) {
    expect_request(kKind, kClaude, kClaudeModel,
                   R"({"max_output_tokens":5,"input":[{"type":"reasoning","summary":[],"encrypted_content":")" + std::string(sealed) + R"("},{"role":"user","content":"Hi"}]})",
                   "/v1/messages", R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]})");
  }
}

}  // namespace
}  // namespace moongate::openai_test
