#include "simulator/answer.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "simulator/schema_sample.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

std::vector<std::string> all(Pieces pieces) {
  std::vector<std::string> out;
  for (std::string piece; pieces.next(piece);) out.push_back(piece);
  return out;
}

using Texts = std::vector<std::string>;

TEST(Pieces, AreAWordEachAndJoinToTheText) {
  const Pieces pieces = Pieces::words("one  two\nthree ");
  EXPECT_EQ(all(pieces), (Texts{"one  ", "two\n", "three "}));
  EXPECT_EQ(pieces.count(), 3);
  EXPECT_EQ(pieces.word_count(), 3);
}

TEST(Pieces, OfAnEmptyTextAreNone) {
  EXPECT_TRUE(Pieces::words("").empty());
  EXPECT_TRUE(all(Pieces::words("")).empty());
}

TEST(Pieces, OfBlanksAloneAreOneWithoutAWord) {
  EXPECT_EQ(all(Pieces::words("  ")), (Texts{"  "}));
  EXPECT_EQ(Pieces::words("  ").word_count(), 0);
}

TEST(Pieces, OfARunNeverCutACharacter) {
  const Pieces pieces = Pieces::runs("aé世🚀b", 4);
  std::string joined;
  for (const std::string& piece : all(pieces)) {
    EXPECT_NE(static_cast<unsigned char>(piece.front()) & 0xC0, 0x80);
    joined += piece;
  }
  EXPECT_EQ(joined, "aé世🚀b");
  EXPECT_EQ(pieces.count(), static_cast<std::int64_t>(all(pieces).size()));
}

TEST(Pieces, MadeUpHaveTheSizeAskedFor) {
  for (const std::int64_t bytes : {1, 2, 3, 10, 1000}) {
    for (const bool utf8 : {false, true}) {
      const Pieces pieces = Pieces::made_up(12, bytes, utf8);
      const Texts texts = all(pieces);
      ASSERT_EQ(texts.size(), 12u);
      for (const std::string& text : texts) EXPECT_EQ(text.size(), static_cast<std::size_t>(bytes));
      EXPECT_EQ(count_words(pieces.whole()), pieces.word_count()) << bytes;
    }
  }
}

TEST(Pieces, MadeUpWithoutASizeAreNumberedWords) {
  EXPECT_EQ(all(Pieces::made_up(3, 0, false)), (Texts{"w1 ", "w2 ", "w3 "}));
}

TEST(Conversation, CountsTheWordsOfEveryTextPart) {
  const Conversation c = read_anthropic(json::parse(R"({
    "system": [{"type": "text", "text": "be kind"}],
    "messages": [
      {"role": "user", "content": "one two"},
      {"role": "assistant", "content": [{"type": "text", "text": "three"}, {"type": "tool_use", "name": "f"}]},
      {"role": "user", "content": [{"type": "image", "source": {}}, {"type": "document", "source": {}},
                                   {"type": "text", "text": "four  five\nsix"}]}]})")
                                            .as_object());
  EXPECT_EQ(c.text_tokens, 8);
  EXPECT_EQ(c.image_tokens, 258);
  EXPECT_EQ(c.document_tokens, 258);
  EXPECT_EQ(c.last_user_text, "four  five\nsix");
  EXPECT_FALSE(c.answers_tool);
}

TEST(Conversation, CountsGeminiPartsByTheirKind) {
  const Conversation c = read_gemini(json::parse(R"({
    "systemInstruction": {"parts": [{"text": "be kind"}]},
    "contents": [{"role": "user", "parts": [{"text": "look"}, {"inlineData": {"mimeType": "image/png", "data": ""}},
                                            {"inline_data": {"mime_type": "audio/wav", "data": ""}}]},
                 {"role": "model", "parts": [{"text": "hm", "thought": true}, {"text": "nice"}]}]})")
                                         .as_object());
  EXPECT_EQ(c.text_tokens, 4);
  EXPECT_EQ(c.image_tokens, 258);
  EXPECT_EQ(c.audio_tokens, 258);
  EXPECT_EQ(c.last_user_text, "look");
}

TEST(Conversation, AResultOfAToolIsSeenAndItsTextCounted) {
  const Conversation c = read_anthropic(json::parse(R"({"messages": [
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "22 degrees"}]}]})")
                                            .as_object());
  EXPECT_TRUE(c.answers_tool);
  EXPECT_EQ(c.last_user_text, "22 degrees");
  EXPECT_EQ(c.text_tokens, 2);
}

TEST(Conversation, WhatHasAnotherShapeIsPassedOver) {
  for (
      const char* body :
      {R"({"messages": 1, "system": 2, "tools": {}, "max_tokens": "x"})",
       R"({"messages": [1, null, {"content": [1, {"type": 5}]}], "tools": [1, {}]})",
       R"({"contents": [1, {"parts": [1, {"inlineData": 2}]}], "tools": [{"functionDeclarations": [3]}]})"}) {
    const json::value parsed = json::parse(body);
    EXPECT_EQ(read_anthropic(parsed.as_object()).text_tokens, 0);
    EXPECT_EQ(read_gemini(parsed.as_object()).text_tokens, 0);
  }
}

TEST(SchemaSample, FitsTheSchema) {
  const json::value schema =
      json::parse(R"({"type": "object", "required": ["city", "days", "unit"], "properties": {
    "city": {"type": "string"}, "days": {"type": "INTEGER"}, "unit": {"enum": ["celsius", "kelvin"]},
    "unneeded": {"type": "string"}}})");
  EXPECT_EQ(sample_of(schema, "x"), json::parse(R"({"city": "city", "days": 1, "unit": "celsius"})"));
}

TEST(SchemaSample, OfASchemaWithoutEndIsBounded) {
  json::value schema = json::parse(R"({"type": "string"})");
  for (int i = 0; i < 100; ++i) schema = json::object{{"type", "array"}, {"items", schema}};
  EXPECT_TRUE(sample_of(schema, "x").is_array());
}

}  // namespace
}  // namespace moongate::sim
