// What models say, out of their streams.
#include "chat/answer_reader.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

struct Heard {
  std::string text, thoughts;
  AnswerEvents events() {
    return {[this](std::string_view piece) { text += "[" + std::string(piece) + "]"; },
            [this](std::string_view piece) { thoughts += piece; }};
  }
};

TEST(AnswerReader, ReadsClaudesEventsHoweverTheyAreCut) {
  const std::string stream =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":5,"
      "\"cache_read_input_tokens\":7,\"cache_creation_input_tokens\":2,\"output_tokens\":1}}}\n\n"
      "event: ping\ndata: {\"type\":\"ping\"}\n\n"
      "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n"
      "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"one\"}}\n\n"
      "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\" two\"}}\n\n"
      "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\"},\"usage\":{\"output_tokens\":9}}\n\n"
      "data: {\"type\":\"message_stop\"}\n\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{17}, stream.size()}) {
    Heard heard;
    AnswerReader reader(ChatDialect::kClaude, heard.events());
    for (std::size_t at = 0; at < stream.size(); at += step) reader.feed(std::string_view(stream).substr(at, step));
    EXPECT_EQ(heard.text, "[one][ two]");
    EXPECT_EQ(heard.thoughts, "hm");
    EXPECT_EQ(reader.text(), "one two");
    EXPECT_EQ(reader.stop_reason(), "max_tokens");
    EXPECT_EQ(reader.usage(), (ChatUsage{14, 9, 7, 2}));
    EXPECT_TRUE(reader.complete());
  }
}

TEST(AnswerReader, ReadsGeminisCandidates) {
  Heard heard;
  AnswerReader reader(ChatDialect::kGemini, heard.events());
  reader.feed(
      "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\",\"thought\":true},{\"text\":\"yes\"}]}}]}\r\n\r\n"
      "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"!\"}]},\"finishReason\":\"STOP\"}],"
      "\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":2,\"thoughtsTokenCount\":3}}\r\n\r\n");
  EXPECT_EQ(reader.text(), "yes!");
  EXPECT_EQ(heard.thoughts, "hm");
  EXPECT_EQ(reader.stop_reason(), "end_turn");
  EXPECT_EQ(reader.usage(), (ChatUsage{4, 5, 0, 0}));
}

TEST(AnswerReader, ReadsOpenAisChunks) {
  Heard heard;
  AnswerReader reader(ChatDialect::kOpenAi, heard.events());
  reader.feed(
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n");
  EXPECT_EQ(heard.text, "[a]");
  EXPECT_EQ(reader.stop_reason(), "max_tokens");
  EXPECT_EQ(reader.usage(), (ChatUsage{3, 2, 0, 0}));
  EXPECT_TRUE(reader.complete());
}

TEST(AnswerReader, TellsAnErrorInTheMiddle) {
  AnswerReader reader(ChatDialect::kClaude, {});
  reader.feed("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
  EXPECT_EQ(reader.error(), "Overloaded");
  EXPECT_FALSE(reader.complete());
}

TEST(AnswerReader, PassesOverWhatItDoesNotKnow) {
  for (const ChatDialect dialect : {ChatDialect::kClaude, ChatDialect::kGemini, ChatDialect::kOpenAi}) {
    AnswerReader reader(dialect, {});
    reader.feed("data: no json\n\ndata: 7\n\ndata: {\"type\":5,\"candidates\":{},\"choices\":[7],\"usage\":[],\"delta\":\"x\"}\n\n: hi\n\n");
    EXPECT_EQ(reader.text(), "");
    EXPECT_EQ(reader.error(), "");
  }
}

TEST(AnswerReader, FindsTheMessageOfAnError) {
  EXPECT_EQ(message_of_error(R"({"error":{"message":"a"}})"), "a");
  EXPECT_EQ(message_of_error(R"([{"error":{"message":"b"}}])"), "b");
  EXPECT_EQ(message_of_error(R"({"message":"c"})"), "c");
  EXPECT_EQ(message_of_error("<html>"), "");
  EXPECT_EQ(message_of_error("[]"), "");
}

}  // namespace
}  // namespace moongate
