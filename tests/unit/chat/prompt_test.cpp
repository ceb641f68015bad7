// What a model is sent of a conversation.
#include "chat/prompt.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace moongate {
namespace {

namespace json = boost::json;

Said say(const std::string& author, const std::string& text) {
  return {author, json::array{json::object{{"type", "text"}, {"text", text}}}};
}
Said call_of_tool() {
  return {"assistant", json::array{json::object{{"type", "tool_use"}, {"id", "t1"}, {"name", "clock"}, {"input", json::object()}}}};
}
Said result_of_tool() {
  return {"user", json::array{json::object{{"type", "tool_result"}, {"tool_use_id", "t1"}, {"content", "noon"}}}};
}
std::string parsed_and_written(std::string_view text) { return json::serialize(json::parse(text)); }

TEST(Prompt, CountsTokensOnTheLargeSide) {
  EXPECT_EQ(estimate_tokens(""), 0);
  EXPECT_EQ(estimate_tokens("seven letters."), 4);
  EXPECT_EQ(estimate_tokens("你好"), 2);
  EXPECT_EQ(estimate_tokens(say("user", "你好")), 6);
  EXPECT_EQ(estimate_tokens(Said{"user", json::array{json::object{{"type", "image"}}}}), 1604);
}

TEST(Prompt, DropsNothingThatFits) {
  EXPECT_EQ(messages_to_drop({say("user", "a"), say("assistant", "b"), say("user", "c")}, "", 10, 1000).value(), 0U);
}

TEST(Prompt, DropsTheOldestAndBeginsWithTheUser) {
  const std::string long_text(350, 'x');  // 100 tokens, and 4 around it
  std::vector<Said> said;
  for (int i = 0; i < 4; ++i) {
    said.push_back(say("user", long_text));
    said.push_back(say("assistant", long_text));
  }
  said.push_back(say("user", "now"));
  EXPECT_EQ(messages_to_drop(said, "", 10, 10 + 4 + 5 + 104 * 4).value(), 4U);
  EXPECT_EQ(messages_to_drop(said, "", 10, 10 + 4 + 5 + 104 * 3).value(), 6U);
  EXPECT_EQ(messages_to_drop(said, std::string(350, 'i'), 10, 10 + 4 + 5 + 104 * 4).value(), 6U);
}

TEST(Prompt, NeverPartsACallOfAToolFromItsResult) {
  const std::vector<Said> said = {say("user", std::string(3500, 'x')), call_of_tool(), result_of_tool(), say("assistant", "noon"),
                                  say("user", "thanks")};
  EXPECT_EQ(messages_to_drop(said, "", 10, 200).value(), 4U);
  const std::vector<Said> in_the_middle = {say("user", std::string(3500, 'x')), call_of_tool(), result_of_tool()};
  EXPECT_EQ(messages_to_drop(in_the_middle, "", 10, 200).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(messages_to_drop(in_the_middle, "", 10, 2000).value(), 0U);
}

TEST(Prompt, SaysWhenNotEvenTheNewestFits) {
  EXPECT_EQ(messages_to_drop({say("user", std::string(1000, 'x'))}, "", 10, 100).error().kind, ErrorKind::kInvalid);
}

TEST(Prompt, SpeaksToClaude) {
  const std::vector<Said> said = {say("user", "old"), say("user", "hi"), say("assistant", "yes?"), say("user", "bye")};
  const PromptText text = render_prompt({"claude-sonnet-4-5", "Be kind.", 100, &said, 1});
  EXPECT_EQ(text.target, "/v1/messages");
  EXPECT_EQ(text.credential_header, "x-api-key");
  EXPECT_EQ(parsed_and_written(text.body),
            parsed_and_written(R"({"model":"claude-sonnet-4-5","max_tokens":100,"stream":true,"messages":[
              {"role":"user","content":[{"type":"text","text":"hi"}]},
              {"role":"assistant","content":[{"type":"text","text":"yes?"}]},
              {"role":"user","content":[{"type":"text","text":"bye"}]}],"system":"Be kind."})"));
}

TEST(Prompt, SpeaksToGemini) {
  const Said picture{"user", json::array{json::object{
                                 {"type", "image"},
                                 {"source", json::object{{"type", "base64"}, {"media_type", "image/png"}, {"data", "QUJD"}}}}}};
  const std::vector<Said> said = {picture, call_of_tool(), result_of_tool()};
  const PromptText text = render_prompt({"gemini-2.5-pro", "Be kind.", 100, &said, 0});
  EXPECT_EQ(text.target, "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
  EXPECT_EQ(parsed_and_written(text.body),
            parsed_and_written(R"({"contents":[
              {"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"QUJD"}}]},
              {"role":"model","parts":[{"functionCall":{"name":"clock","args":{}}}]},
              {"role":"user","parts":[{"functionResponse":{"name":"clock","response":{"result":"noon"}}}]}],
              "generationConfig":{"maxOutputTokens":100},"systemInstruction":{"parts":[{"text":"Be kind."}]}})"));
}

TEST(Prompt, SpeaksToOthersAsToOpenAi) {
  const std::vector<Said> said = {say("user", "hi")};
  const PromptText text = render_prompt({"some-model", "", 100, &said, 0});
  EXPECT_EQ(text.target, "/v1/chat/completions");
  EXPECT_EQ(parsed_and_written(text.body),
            parsed_and_written(R"({"model":"some-model","max_tokens":100,"stream":true,"stream_options":{"include_usage":true},
              "messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})"));
}

TEST(Prompt, MakesATitleOfTheFirstLine) {
  const auto title = [](const std::string& text) { return title_of(say("user", text).blocks); };
  EXPECT_EQ(title("  Tea?\nOr coffee?"), "Tea?");
  EXPECT_EQ(title(""), "Untitled");
  EXPECT_EQ(title(std::string(200, 'x')), std::string(80, 'x') + "…");
  EXPECT_EQ(title("a sentence of many words that goes on and on until nobody reads the end of it any more at all"),
            "a sentence of many words that goes on and on until nobody reads the end of it…");
  EXPECT_LE(title(std::string(1000, '\xE4')).size(), 255U);
}

TEST(Prompt, TakesTextPicturesAndDocumentsAndNothingElse) {
  EXPECT_EQ(read_blocks("hi").value().size(), 1U);
  EXPECT_TRUE(read_blocks(json::parse(R"([{"type":"image","source":{"type":"base64","media_type":"image/png","data":"QQ=="}}])")).ok());
  for (const char* wrong : {R"("")", "7", "[]", "[7]", R"([{"type":"tool_use"}])", R"([{"type":"text","text":""}])",
                            R"([{"type":"image","source":{"type":"url","url":"http://x"}}])",
                            R"([{"type":"text","text":"x","cache_control":{}}])"}) {
    EXPECT_FALSE(read_blocks(json::parse(wrong)).ok()) << wrong;
  }
}

TEST(ChatModel, KnowsWhoseAModelIsAndHowMuchItTakes) {
  EXPECT_EQ(dialect_of_model("claude-opus-4-1"), ChatDialect::kClaude);
  EXPECT_EQ(dialect_of_model("gemini-2.5-flash"), ChatDialect::kGemini);
  EXPECT_EQ(dialect_of_model("gpt-5"), ChatDialect::kOpenAi);
  EXPECT_EQ(window_of_model("claude-sonnet-4-5"), 200'000);
  EXPECT_EQ(window_of_model("gemini-2.5-pro"), 1'048'576);
  EXPECT_EQ(window_of_model("nobody-knows"), 32'768);
  EXPECT_TRUE(fits_any("other, cli-*", "cli-sonnet"));
  EXPECT_FALSE(fits_any("cli-*", "my-cli-sonnet"));
  EXPECT_FALSE(fits_any("", "x"));
}

}  // namespace
}  // namespace moongate
