// What the simulator understands of a request's body, the same for every dialect.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moongate::sim {

constexpr std::int64_t kMediaTokens = 258;  // each image, document or other inline part
constexpr std::int64_t kToolTokens = 10;    // each tool call in an answer

struct Tool {
  std::string name;
  boost::json::value schema;  // of its arguments; null when the request gave none
};

struct Conversation {
  std::string last_user_text;  // of the last user turn; with several texts, joined by a line break
  bool answers_tool = false;   // the last turn brings a tool's result
  bool thinking = false;       // asked for by the request itself
  bool tool_forced = false;
  std::vector<Tool> tools;
  std::int64_t max_tokens = 0;                      // 0: no limit
  std::optional<boost::json::value> answer_schema;  // the answer has to be JSON of this shape

  // Prompt tokens: one for each word of the request's texts, kMediaTokens for each part that is none.
  std::int64_t text_tokens = 0, image_tokens = 0, audio_tokens = 0, video_tokens = 0, document_tokens = 0;
  std::int64_t characters = 0;  // of the texts, white space aside
  std::int64_t prompt_tokens() const {
    return text_tokens + image_tokens + audio_tokens + video_tokens + document_tokens;
  }
};

// Anthropic: `system` and `messages`. Gemini: `systemInstruction` (either spelling) and `contents`.
// What has another shape than expected is passed over; whether the request is valid is the face's business.
Conversation read_anthropic(const boost::json::object& body);
Conversation read_gemini(const boost::json::object& body);

// White-space separated words.
std::int64_t count_words(std::string_view text);

}  // namespace moongate::sim
