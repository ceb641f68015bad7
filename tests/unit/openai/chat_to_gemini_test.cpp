#include "conversion.h"

namespace moongate::openai_test {
namespace {

constexpr std::string_view kTarget = "/v1beta/models/gemini-2.5-flash:generateContent";

void expect_content(std::string_view chat, std::string_view native, std::string_view model = kGeminiModel,
                    std::string_view target = kTarget) {
  expect_request(OpenAiKind::kChat, kGemini, model, chat, target, native);
}

std::string refused(std::string_view chat, std::string_view model = kGeminiModel) {
  return refusal(OpenAiKind::kChat, kGemini, model, chat);
}

TEST(ChatToGemini, AskedSimplyIsOneContent) {
  expect_content(R"({"model":"x","messages":[{"role":"user","content":"Hi"}]})",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}]})");
}

TEST(ChatToGemini, AStreamIsAskedForInThePathWhereTheModelIsEncoded) {
  expect_content(R"({"model":"x","stream":true,"messages":[{"role":"user","content":"Hi"}]})",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}]})", "a/b?c",
                 "/v1beta/models/a%2Fb%3Fc:streamGenerateContent?alt=sse");
}

TEST(ChatToGemini, SystemAndSamplingAreTakenOver) {
  expect_content(
      R"({"model":"x","max_tokens":7,"temperature":1.5,"top_p":0.25,"stop":"a","seed":3,"presence_penalty":0.5,
          "frequency_penalty":-0.5,"messages":[{"role":"system","content":"A"},{"role":"user","content":"Hi"},
          {"role":"developer","content":"B"},{"role":"assistant","content":"Ho"}]})",
      R"({"systemInstruction":{"parts":[{"text":"A"},{"text":"B"}]},
          "contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"text":"Ho"}]}],
          "generationConfig":{"maxOutputTokens":7,"temperature":1.5,"topP":0.25,"seed":3,"presencePenalty":0.5,
          "frequencyPenalty":-0.5,"stopSequences":["a"]}})");
}

TEST(ChatToGemini, EveryKindOfContentIsAPart) {
  expect_content(
      R"({"model":"x","messages":[{"role":"user","content":[{"type":"text","text":"See"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},
          {"type":"image_url","image_url":{"url":"https://example.com/a.JPG?x=1"}},
          {"type":"image_url","image_url":{"url":"https://example.com/a"}},
          {"type":"input_audio","input_audio":{"data":"BBBB","format":"mp3"}},
          {"type":"file","file":{"filename":"a.pdf","file_data":"CCCC"}}]}]})",
      R"({"contents":[{"role":"user","parts":[{"text":"See"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},
          {"fileData":{"mimeType":"image/jpeg","fileUri":"https://example.com/a.JPG?x=1"}},
          {"fileData":{"fileUri":"https://example.com/a"}},{"inlineData":{"mimeType":"audio/mp3","data":"BBBB"}},
          {"inlineData":{"mimeType":"application/pdf","data":"CCCC"}}]}]})");
}

TEST(ChatToGemini, VertexIsToldTheTypeOfAnAddressOrRefusesIt) {
  EXPECT_EQ(refusal(OpenAiKind::kChat, Provider::kVertex, kGeminiModel,
                    R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a"}}]}]})"),
            "An address of an image or a file must end in its type, as .png, for Vertex AI; or send it as a data: URL");
}

TEST(ChatToGemini, ResultsOfCallsHaveTheNameOfTheirFunctionAndATurnForThemselves) {
  expect_content(
      R"({"model":"x","messages":[{"role":"user","content":"Weather?"},
          {"role":"assistant","content":"Let me see","tool_calls":[
            {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"},
             "extra_content":{"google":{"thought_signature":"SIG"}}},
            {"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]},
          {"role":"tool","tool_call_id":"c2","content":"{\"t\":1.50}"},
          {"role":"tool","tool_call_id":"c1","content":"sun"},
          {"role":"user","content":"And?"}]})",
      R"({"contents":[{"role":"user","parts":[{"text":"Weather?"}]},
          {"role":"model","parts":[{"text":"Let me see"},{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"SIG"},
            {"functionCall":{"name":"g","args":{}}}]},
          {"role":"user","parts":[{"functionResponse":{"name":"g","response":{"t":1.50}}},
            {"functionResponse":{"name":"f","response":{"output":"sun"}}}]},
          {"role":"user","parts":[{"text":"And?"}]}]})");
}

TEST(ChatToGemini, AnUnsignedCallHasGooglesWordForThatWhereGeminiInsists) {
  expect_content(
      R"({"model":"x","messages":[{"role":"assistant","tool_calls":[
            {"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},
            {"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]}]})",
      R"({"contents":[{"role":"model","parts":[
            {"functionCall":{"name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},
            {"functionCall":{"name":"g","args":{}}}]}]})",
      "gemini-3-pro-preview", "/v1beta/models/gemini-3-pro-preview:generateContent");
}

TEST(ChatToGemini, ToolsAreDeclaredWithTheirSchemasAsTheyAre) {
  constexpr std::string_view kTools = R"("tools":[{"type":"function","function":{"name":"f","description":"d","strict":true,
      "parameters":{"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false}}},
      {"type":"function","function":{"name":"g","parameters":{}}}])";
  constexpr std::string_view kNative = R"("tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":
      {"type":"object","properties":{"a":{"type":["string","null"]}},"additionalProperties":false}},{"name":"g"}]}])";
  const std::pair<std::string_view, std::string_view> kChoices[] = {
      {R"("tool_choice":"auto")", R"("toolConfig":{"functionCallingConfig":{"mode":"AUTO"}})"},
      {R"("tool_choice":"none")", R"("toolConfig":{"functionCallingConfig":{"mode":"NONE"}})"},
      {R"("tool_choice":"required")", R"("toolConfig":{"functionCallingConfig":{"mode":"ANY"}})"},
      {R"("tool_choice":{"type":"function","function":{"name":"g"}})",
       R"("toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}})"}};
  for (const auto& [choice, native] : kChoices) {
    expect_content(R"({"messages":[{"role":"user","content":"Hi"}],)" + std::string(kTools) + "," + std::string(choice) + "}",
                   R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],)" + std::string(kNative) + "," +
                       std::string(native) + "}");
  }
}

TEST(ChatToGemini, FormatsAreMediaTypesAndSchemas) {
  expect_content(R"({"messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_object"}})",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"responseMimeType":"application/json"}})");
  expect_content(R"({"messages":[{"role":"user","content":"Hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}})",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"responseMimeType":"application/json",
                     "responseJsonSchema":{"type":"object"}}})");
}

TEST(ChatToGemini, EffortIsABudgetForOlderModelsAndALevelForNewerOnes) {
  expect_content(R"({"reasoning_effort":"high","messages":[{"role":"user","content":"Hi"}]})",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],
                     "generationConfig":{"thinkingConfig":{"thinkingBudget":24576,"includeThoughts":true}}})");
  expect_content(R"({"reasoning_effort":"none","messages":[{"role":"user","content":"Hi"}]})",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}})");
  expect_content(R"({"reasoning_effort":"minimal","messages":[{"role":"user","content":"Hi"}]})",
                 R"({"contents":[{"role":"user","parts":[{"text":"Hi"}]}],
                     "generationConfig":{"thinkingConfig":{"thinkingLevel":"minimal","includeThoughts":true}}})",
                 "gemini-3.5-flash", "/v1beta/models/gemini-3.5-flash:generateContent");
  EXPECT_EQ(refused(R"({"reasoning_effort":"none","messages":[{"role":"user","content":"Hi"}]})", "gemini-3-pro"),
            "reasoning_effort: this Gemini model always thinks; the least is minimal");
}

}  // namespace
}  // namespace moongate::openai_test
