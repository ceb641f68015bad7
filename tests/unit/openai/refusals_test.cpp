#include "conversion.h"

namespace moongate::openai_test {
namespace {

std::string refused(std::string_view members) {
  return refusal(OpenAiKind::kChat, kGemini, kGeminiModel,
                 R"({"messages":[{"role":"user","content":"Hi"}],)" + std::string(members) + "}");
}

std::string refused_messages(std::string_view messages) {
  return refusal(OpenAiKind::kChat, kGemini, kGeminiModel, R"({"messages":)" + std::string(messages) + "}");
}

TEST(Refusals, NameTheMemberThatNoProviderCanServe) {
  EXPECT_EQ(refused(R"("n":2)"), "n must be 1: ask again for another answer");
  EXPECT_EQ(refused(R"("logprobs":true)"), "logprobs cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("top_logprobs":3)"), "top_logprobs cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("logit_bias":{"5":1})"), "logit_bias cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("audio":{"voice":"x"})"), "audio cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("web_search_options":{})"), "web_search_options cannot be had from the providers behind this gateway");
  EXPECT_EQ(refused(R"("modalities":["text","audio"])"), "modalities[1] must be text");
  EXPECT_EQ(refused(R"("tools":[{"type":"custom","custom":{"name":"c"}}])"),
            "tools[0].type must be function: other tools cannot be had from the providers behind this gateway");
}

TEST(Refusals, NameTheMemberThatIsOfAnotherKind) {
  EXPECT_EQ(refused(R"("temperature":"hot")"), "temperature must be a number");
  EXPECT_EQ(refused(R"("max_tokens":1.5)"), "max_tokens must be a whole number");
  EXPECT_EQ(refused(R"("stream":1)"), "stream must be true or false");
  EXPECT_EQ(refused(R"("stop":[1])"), "stop[0] must be a string");
  EXPECT_EQ(refused(R"("tools":{})"), "tools must be an array");
  EXPECT_EQ(refused(R"("tools":[{"type":"function","function":{"name":"f","parameters":[]}}])"),
            "tools[0].function.parameters must be an object");
  EXPECT_EQ(refused(R"("reasoning_effort":"huge")"),
            "reasoning_effort must be none, minimal, low, medium, high or xhigh");
  EXPECT_EQ(refused(R"("response_format":{"type":"grammar"})"), "response_format.type must be text, json_object or json_schema");
  EXPECT_EQ(refused(R"("response_format":{"type":"json_schema","json_schema":{"name":"n"}})"),
            "response_format.json_schema.schema must be an object");
  EXPECT_EQ(refused(R"("tool_choice":"any")"), "tool_choice must be auto, none, required or name a function");
}

TEST(Refusals, NameTheMessage) {
  EXPECT_EQ(refused_messages("[]"), "messages must be a list of at least one message");
  EXPECT_EQ(refused_messages("7"), "messages must be an array");
  EXPECT_EQ(refused_messages(R"([{"role":"user","content":"a"},{"role":"wizard","content":"b"}])"),
            "messages[1].role must be system, developer, user, assistant or tool");
  EXPECT_EQ(refused_messages(R"([{"role":"user","content":[{"type":"video"}]}])"),
            "messages[0].content[0].type must be text, image_url, input_audio or file");
  EXPECT_EQ(refused_messages(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x/a.png"}}]}])"),
            "messages[0].content[0].image_url.url must be a data: URL with base64 or an https: address");
  EXPECT_EQ(refused_messages(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,AAAA"}}]}])"),
            "messages[0].content[0].image_url.url must be a data: URL with a media type and base64");
  EXPECT_EQ(refused_messages(R"([{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}])"),
            "messages[0].content[0].file.file_id names a file, and none are kept here: send file_data");
  EXPECT_EQ(refused_messages(R"([{"role":"tool","tool_call_id":"c","content":"x"}])"),
            "messages[0].tool_call_id is the id of no call in the messages before");
  EXPECT_EQ(refused_messages(R"([{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"[1]"}}]}])"),
            "messages[0].tool_calls[0].function.arguments must be the text of a JSON object");
}

TEST(Refusals, TellWhatIsNoJson) {
  const auto told = [](std::string_view body) { return refusal(OpenAiKind::kChat, kGemini, kGeminiModel, body); };
  EXPECT_EQ(told("[]"), "The body is not valid JSON: it is no object");
  EXPECT_EQ(told("").find("The body is not valid JSON: "), 0u);
  EXPECT_EQ(told(R"({"messages":)").find("The body is not valid JSON: "), 0u);
  EXPECT_EQ(told("{\"messages\":\"\xff\"}").find("The body is not valid JSON: "), 0u);
}

TEST(Refusals, KeepHostileBodiesFromTakingMemory) {
  const auto told = [](std::string_view body) { return refusal(OpenAiKind::kChat, kGemini, kGeminiModel, body); };
  const std::string deep = R"({"metadata":)" + std::string(100000, '[') + std::string(100000, ']') + "}";
  EXPECT_EQ(told(deep).find("The body is not valid JSON: "), 0u);
  std::string wide = R"({"messages":[0)";
  for (int i = 0; i < 1000000; ++i) wide += ",0";
  wide += "]}";
  EXPECT_EQ(told(wide), "The body consists of too many small values");
}

TEST(Refusals, AreNotForMembersWithoutEffectElsewhere) {
  const auto call = OpenAiCall::read(OpenAiKind::kChat, R"({"messages":[{"role":"user","content":"Hi","name":"Ann"}],"n":1,
      "user":"u","store":true,"metadata":{"a":"b"},"service_tier":"flex","logprobs":false,"logit_bias":{},"verbosity":"low",
      "prompt_cache_key":"k","safety_identifier":"s","prediction":{"type":"content","content":"x"},"something_new":{"a":[1]}})");
  EXPECT_TRUE(call.ok());
}

}  // namespace
}  // namespace moongate::openai_test
