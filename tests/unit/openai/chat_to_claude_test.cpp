#include "conversion.h"

namespace moongate::openai_test {
namespace {

void expect_messages(std::string_view chat, std::string_view messages, std::string_view model = kClaudeModel) {
  expect_request(OpenAiKind::kChat, kClaude, model, chat, "/v1/messages", messages);
}

std::string refused(std::string_view chat) { return refusal(OpenAiKind::kChat, kClaude, kClaudeModel, chat); }

TEST(ChatToClaude, AskedSimplyIsOneMessageWithADefaultLimit) {
  expect_messages(R"({"model":"x","messages":[{"role":"user","content":"Hi"}]})",
                  R"({"model":"claude-sonnet-4-5","max_tokens":16384,"messages":[{"role":"user","content":"Hi"}]})");
}

TEST(ChatToClaude, SystemAndDeveloperMessagesBecomeTheSystemPromptInTheirOrder) {
  expect_messages(
      R"({"model":"x","max_tokens":5,"messages":[{"role":"system","content":"A"},{"role":"user","content":"Hi"},
          {"role":"developer","content":[{"type":"text","text":"B"}]}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"system":[{"type":"text","text":"A"},{"type":"text","text":"B"}],
          "messages":[{"role":"user","content":"Hi"}]})");
  expect_messages(
      R"({"model":"x","max_tokens":5,"messages":[{"role":"system","content":"A"},{"role":"user","content":"Hi"}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"system":"A","messages":[{"role":"user","content":"Hi"}]})");
}

TEST(ChatToClaude, SamplingIsTakenOverAndTemperatureEndsAtOne) {
  expect_messages(
      R"({"model":"x","max_completion_tokens":7,"max_tokens":9,"temperature":1.5,"top_p":0.25,"stop":["a","b"],"seed":3,
          "presence_penalty":0,"user":"u","store":true,"metadata":{"k":"v"},"service_tier":"auto","n":1,"logprobs":false,
          "stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":7,"temperature":1,"top_p":0.25,"stop_sequences":["a","b"],
          "messages":[{"role":"user","content":"Hi"}],"stream":true})");
}

TEST(ChatToClaude, ImagesAndFilesBecomeBlocks) {
  expect_messages(
      R"({"model":"x","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"See"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}},
          {"type":"image_url","image_url":{"url":"https://example.com/a.jpg"}},
          {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"}},
          {"type":"file","file":{"filename":"a.txt","file_data":"aGVsbG8="}}]}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"See"},
          {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
          {"type":"image","source":{"type":"url","url":"https://example.com/a.jpg"}},
          {"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"}},
          {"type":"document","title":"a.txt","source":{"type":"text","media_type":"text/plain","data":"hello"}}]}]})");
}

TEST(ChatToClaude, ResultsOfCallsAreTogetherInOneUserTurnBeforeItsText) {
  expect_messages(
      R"({"model":"x","max_tokens":5,"messages":[{"role":"user","content":"Weather?"},
          {"role":"assistant","content":null,"tool_calls":[
            {"id":"call_1","type":"function","function":{"name":"w","arguments":"{\"city\": \"Rome\", \"n\": 12345678901234567890123}"}},
            {"id":"call.2","type":"function","function":{"name":"w","arguments":""}}]},
          {"role":"tool","tool_call_id":"call_1","content":"sun"},
          {"role":"tool","tool_call_id":"call.2","content":[{"type":"text","text":"rain"},{"type":"text","text":"!"}]},
          {"role":"user","content":"And?"}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Weather?"},
          {"role":"assistant","content":[
            {"type":"tool_use","id":"call_1","name":"w","input":{"city":"Rome","n":12345678901234567890123}},
            {"type":"tool_use","id":"call_2","name":"w","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"sun"},
            {"type":"tool_result","tool_use_id":"call_2","content":[{"type":"text","text":"rain"},{"type":"text","text":"!"}]},
            {"type":"text","text":"And?"}]}]})");
}

TEST(ChatToClaude, ACallsArgumentsKeepTheirText) {
  const auto call = call_of(OpenAiKind::kChat, R"({"model":"x","messages":[{"role":"user","content":"?"},{"role":"assistant",
      "tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"n\": 1.50}"}}]}]})");
  EXPECT_NE(call->request_for(kClaude, "m").value().body.find(R"("input":{"n": 1.50})"), std::string::npos);
}

TEST(ChatToClaude, ToolsAndTheirChoiceAreTakenOver) {
  constexpr std::string_view kTools = R"("tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,
      "parameters":{"type":"object","properties":{"a":{"type":"number","minimum":0.1}}}}},
      {"type":"function","function":{"name":"g"}},{"type":"function","function":{"name":"h","parameters":{"properties":{}}}}])";
  constexpr std::string_view kNative = R"("tools":[{"name":"f","description":"d","strict":true,"input_schema":
      {"type":"object","properties":{"a":{"type":"number","minimum":0.1}}}},
      {"name":"g","input_schema":{"type":"object","properties":{}}},
      {"name":"h","input_schema":{"type":"object","properties":{}}}])";
  const std::pair<std::string_view, std::string_view> kChoices[] = {
      {R"("tool_choice":"auto")", R"("tool_choice":{"type":"auto"})"},
      {R"("tool_choice":"none")", R"("tool_choice":{"type":"none"})"},
      {R"("tool_choice":"required")", R"("tool_choice":{"type":"any"})"},
      {R"("tool_choice":{"type":"function","function":{"name":"g"}})", R"("tool_choice":{"type":"tool","name":"g"})"},
      {R"("parallel_tool_calls":false)", R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true})"},
      {R"("parallel_tool_calls":true)", R"("max_tokens":5)"}};
  for (const auto& [choice, native] : kChoices) {
    expect_messages(R"({"model":"x","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],)" + std::string(kTools) + "," +
                        std::string(choice) + "}",
                    R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],)" +
                        std::string(kNative) + "," + std::string(native) + "}");
  }
}

TEST(ChatToClaude, OnlyAllowedToolsAreOffered) {
  expect_messages(
      R"({"model":"x","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],
          "tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}],
          "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],
          "tools":[{"name":"g","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"}})");
}

TEST(ChatToClaude, EffortIsABudgetForOlderModelsAndAWordForNewerOnes) {
  constexpr std::string_view kAsk = R"({"model":"x","reasoning_effort":"medium","messages":[{"role":"user","content":"Hi"}]})";
  expect_messages(kAsk, R"({"model":"claude-sonnet-4-5","max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":8192},
      "messages":[{"role":"user","content":"Hi"}]})");
  expect_messages(kAsk, R"({"model":"claude-opus-4-6","max_tokens":32000,"thinking":{"type":"adaptive","display":"summarized"},
      "messages":[{"role":"user","content":"Hi"}],"output_config":{"effort":"medium"}})", "claude-opus-4-6");
  expect_messages(R"({"model":"x","reasoning_effort":"none","messages":[{"role":"user","content":"Hi"}]})",
                  R"({"model":"claude-opus-5","max_tokens":16384,"thinking":{"type":"disabled"},
      "messages":[{"role":"user","content":"Hi"}]})", "claude-opus-5");
}

TEST(ChatToClaude, ABudgetStaysBelowTheLimitAndNeedsTheThoughtsThatLedToACall) {
  expect_messages(R"({"model":"x","max_tokens":3000,"reasoning_effort":"high","messages":[{"role":"user","content":"Hi"}]})",
                  R"({"model":"claude-sonnet-4-5","max_tokens":3000,"thinking":{"type":"enabled","budget_tokens":1976},
      "messages":[{"role":"user","content":"Hi"}]})");
  expect_messages(R"({"model":"x","max_tokens":2000,"reasoning_effort":"high","messages":[{"role":"user","content":"Hi"}]})",
                  R"({"model":"claude-sonnet-4-5","max_tokens":2000,"messages":[{"role":"user","content":"Hi"}]})");
  expect_messages(
      R"({"model":"x","max_tokens":9000,"reasoning_effort":"low","messages":[{"role":"user","content":"Hi"},
          {"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
          {"role":"tool","tool_call_id":"c","content":"1"}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":9000,"messages":[{"role":"user","content":"Hi"},
          {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"1"}]}]})");
}

TEST(ChatToClaude, ASchemaIsStructuredOutput) {
  expect_messages(
      R"({"model":"x","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema",
          "json_schema":{"name":"n","strict":true,"schema":{"type":"object","additionalProperties":false}}}})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],
          "output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false}}}})");
}

TEST(ChatToClaude, WhatClaudeCannotDoIsRefusedByName) {
  EXPECT_EQ(refused(R"({"messages":[{"role":"user","content":"Hi"}],"frequency_penalty":0.5})"),
            "frequency_penalty: Claude has none");
  EXPECT_EQ(refused(R"({"messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_object"}})"),
            "response_format: Claude has no json_object; describe the answer with json_schema");
  EXPECT_EQ(refused(R"({"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]})"),
            "input_audio: Claude takes no sound; use a Gemini model");
}

TEST(ChatToClaude, LegacyFunctionsAreToolsWithOneCallAtMost) {
  expect_messages(
      R"({"model":"x","max_tokens":5,"functions":[{"name":"f"}],"function_call":{"name":"f"},"messages":[
          {"role":"user","content":"Hi"},{"role":"assistant","function_call":{"name":"f","arguments":"{}"}},
          {"role":"function","name":"f","content":"1"}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"},
          {"role":"assistant","content":[{"type":"tool_use","id":"call_0","name":"f","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"call_0","content":"1"}]}],
          "tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}],
          "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}})");
}

TEST(ChatToClaude, AThoughtOfAnotherProviderAndEmptyTextsAreLeftOut) {
  expect_messages(
      R"({"model":"x","max_tokens":5,"messages":[{"role":"user","content":"Hi"},
          {"role":"assistant","content":"","reasoning_content":"hm"},{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"Hey"}]}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"},
          {"role":"user","content":[{"type":"text","text":"Hey"}]}]})");
}

}  // namespace
}  // namespace moongate::openai_test
