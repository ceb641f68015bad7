// From what was said to what a model is sent: trimmed to its window, in the language of its provider.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "chat/chat_model.h"

namespace moongate {

// A message of a conversation, its blocks as Anthropic's Messages API has them: text, image, document, tool_use, tool_result.
struct Said {
  std::string author;  // "user" or "assistant"
  boost::json::array blocks;
};

// An estimate that errs on the large side: a token for each 3.5 bytes of ASCII and for each other character; 1,600 for an
// image; one for each 32 characters of a document's base64; 4 around each message.
std::int64_t estimate_tokens(std::string_view text);
std::int64_t estimate_tokens(const Said& said);

// How many of the oldest messages have to go so that the rest, system prompt and answer fit into `window`. What is left
// begins with a user's message that answers no tool's call, so that no call is parted from its result. kInvalid: not even
// the newest fits.
Result<std::size_t> messages_to_drop(const std::vector<Said>& said, std::string_view instructions,
                                     std::int64_t max_tokens, std::int64_t window);

struct Prompt {
  std::string_view model;
  std::string_view instructions;
  std::int64_t max_tokens = 0;
  const std::vector<Said>* said = nullptr;
  std::size_t first = 0;  // of them
};

struct PromptText {
  std::string target;
  std::string credential_header;  // the header that this API's clients put their key into
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
// Always asks for a stream.
PromptText render_prompt(const Prompt& prompt);

// Checks the blocks that a caller sent and writes text as one block. kInvalid says what is wrong.
Result<boost::json::array> read_blocks(const boost::json::value& message);
// The text of all text blocks, a blank line between them.
std::string text_of(const boost::json::array& blocks);
// The first line of the text, at most 80 characters of it, cut at a word.
std::string title_of(const boost::json::array& blocks);

}  // namespace moongate
