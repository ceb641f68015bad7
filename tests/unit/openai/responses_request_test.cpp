#include "conversion.h"

namespace moongate::openai_test {
namespace {

void expect_messages(std::string_view request, std::string_view native, std::string_view model = kClaudeModel) {
  expect_request(OpenAiKind::kResponses, kClaude, model, request, "/v1/messages", native);
}

std::string refused(std::string_view members) {
  return refusal(OpenAiKind::kResponses, kGemini, kGeminiModel, R"({"input":"Hi",)" + std::string(members) + "}");
}

TEST(ResponsesRequest, ATextIsOneUserTurn) {
  expect_messages(R"({"model":"x","instructions":"Be brief","input":"Hi","max_output_tokens":5,"store":true,"truncation":"auto"})",
                  R"({"model":"claude-sonnet-4-5","max_tokens":5,"system":"Be brief","messages":[{"role":"user","content":"Hi"}]})");
  expect_request(OpenAiKind::kResponses, kGemini, kGeminiModel, R"({"input":"Hi","stream":true,"temperature":0.5,"max_output_tokens":5})",
                 "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"maxOutputTokens":5,"temperature":0.5}})");
}

TEST(ResponsesRequest, ItemsOfTheAssistantAreOneTurnInTheirOrder) {
  expect_messages(
      R"({"max_output_tokens":5,"input":[{"role":"developer","content":"Rules"},
          {"type":"message","role":"user","content":[{"type":"input_text","text":"See"},
            {"type":"input_image","detail":"auto","image_url":"data:image/png;base64,AAAA"},
            {"type":"input_file","file_url":"https://example.com/a.pdf"},
            {"type":"input_file","filename":"b.pdf","file_data":"data:application/pdf;base64,BBBB"}]},
          {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}]},
          {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Let me see","annotations":[]}]},
          {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}","status":"completed"},
          {"type":"function_call","call_id":"c2","name":"g","namespace":"n","arguments":"{}"},
          {"type":"function_call_output","call_id":"c1","output":"one"},
          {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"},
            {"type":"input_image","image_url":"data:image/png;base64,CCCC"}]}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"system":"Rules","messages":[
          {"role":"user","content":[{"type":"text","text":"See"},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
            {"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}},
            {"type":"document","title":"b.pdf","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"}}]},
          {"role":"assistant","content":[{"type":"text","text":"Let me see"},
            {"type":"tool_use","id":"c1","name":"f","input":{"a":1}},{"type":"tool_use","id":"c2","name":"n__g","input":{}}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"one"},
            {"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"two"},
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"CCCC"}}]}]}]})");
}

TEST(ResponsesRequest, ToolsStandFlatAndNamespacesGoIntoTheNames) {
  expect_messages(
      R"({"max_output_tokens":5,"input":"Hi","parallel_tool_calls":false,"tool_choice":{"type":"function","name":"f"},"tools":[
          {"type":"function","name":"f","description":"d","strict":false,"parameters":{"type":"object","properties":{}}},
          {"type":"namespace","name":"n","description":"e","tools":[{"type":"function","name":"g","parameters":null,"strict":null}]},
          {"type":"web_search","external_web_access":false}]})",
      R"({"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"tools":[
          {"name":"f","description":"d","input_schema":{"type":"object","properties":{}}},
          {"name":"n__g","input_schema":{"type":"object","properties":{}}}],
          "tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}})");
}

TEST(ResponsesRequest, FormatAndReasoningAreTakenOver) {
  expect_messages(
      R"({"max_output_tokens":5000,"input":"Hi","reasoning":{"effort":"low","summary":"auto"},
          "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}}}})",
      R"({"model":"claude-opus-5","max_tokens":5000,"thinking":{"type":"adaptive","display":"summarized"},
          "messages":[{"role":"user","content":"Hi"}],"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}}}})",
      "claude-opus-5");
  expect_request(OpenAiKind::kResponses, kGemini, kGeminiModel, R"({"input":"Hi","reasoning":{"summary":"auto"}})",
                 "/v1beta/models/gemini-2.5-flash:generateContent",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"thinkingConfig":{"includeThoughts":true}}})");
}

TEST(ResponsesRequest, WhatWouldHaveToBeRememberedIsRefused) {
  constexpr std::string_view kKept = " refers to what was said before, and nothing is kept here: send it again in input";
  EXPECT_EQ(refused(R"("previous_response_id":"resp_1")"), "previous_response_id" + std::string(kKept));
  EXPECT_EQ(refused(R"("conversation":{"id":"c"})"), "conversation" + std::string(kKept));
  EXPECT_EQ(refused(R"("background":true)"), "background must be false: an answer is given to whoever waits for it");
  EXPECT_EQ(refused(R"("prompt":{"id":"p"})"), "prompt names a template, and none are kept here: send instructions and input");
  EXPECT_EQ(refused(R"("tools":[{"type":"web_search"}])"),
            "tools[0].type must be function or namespace: other tools cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("include":["message.output_text.logprobs"])"),
            "include[0] cannot be had from the providers behind this gateway");
  const auto told = [](std::string_view input) {
    return refusal(OpenAiKind::kResponses, kGemini, kGeminiModel, R"({"input":)" + std::string(input) + "}");
  };
  EXPECT_EQ(told(R"([{"type":"item_reference","id":"fc_1"}])"),
            "input[0] refers to an item, and none are kept here: set store to false, so that your client sends them whole");
  EXPECT_EQ(told(R"([{"type":"computer_call"}])"), "input[0].type must be message, function_call, function_call_output or reasoning");
  EXPECT_EQ(told("[]"), "input must be a text or a list of at least one item");
  EXPECT_EQ(told("null"), "input must be a text or a list of at least one item");
}

}  // namespace
}  // namespace moongate::openai_test
