// A request of any of OpenAI's generating APIs, in no provider's language. Views point into the request's document or into
// the prompt's own `kept`.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moongate::openai {

enum class BlockKind : std::uint8_t { kText, kImage, kAudio, kFile, kThought, kCall, kResult };

struct Block {
  BlockKind kind = BlockKind::kText;
  std::string_view text;        // kText; kThought: what was thought, may be empty
  std::string_view media_type;  // kImage, kAudio, kFile: of `data`
  std::string_view data;        // base64
  std::string_view url;         // instead of data
  std::string_view name;        // kFile: its name; kCall, kResult: the function's
  std::string_view id;          // kCall, kResult
  std::string_view arguments;   // kCall: the text of a JSON object
  std::string_view signature;   // kThought (Claude), kCall (Gemini): the provider's seal, to be given back as it was
  std::string_view sealed;      // kThought: what Claude did not show
  std::vector<Block> content;   // kResult
};

inline Block text_block(std::string_view text) {
  Block block;
  block.text = text;
  return block;
}

// What follows each other from the same side is one turn: Messages wants all results of one turn's calls together.
struct Turn {
  bool assistant = false;
  std::vector<Block> blocks;
};

struct Tool {
  std::string_view name;
  std::string_view description;
  const boost::json::value* parameters = nullptr;  // a JSON Schema; absent: no parameters
  bool strict = false;
  // responses: of a function within a namespace; `name` holds both then, for no provider knows namespaces.
  std::string_view name_space;
  std::string_view own_name;
};

enum class ToolChoice : std::uint8_t { kUnsaid, kAuto, kNone, kRequired, kNamed };
enum class Effort : std::uint8_t { kUnsaid, kNone, kMinimal, kLow, kMedium, kHigh, kXhigh };
enum class Format : std::uint8_t { kText, kJsonObject, kJsonSchema };

struct Prompt {
  std::vector<std::string_view> system;
  std::vector<Turn> turns;
  std::vector<Tool> tools;
  ToolChoice choice = ToolChoice::kUnsaid;
  std::string_view choice_name;
  bool one_call_at_most = false;  // parallel_tool_calls: false
  std::optional<std::int64_t> max_tokens;
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<double> presence_penalty;
  std::optional<double> frequency_penalty;
  std::optional<std::int64_t> seed;
  std::vector<std::string_view> stop;
  Effort effort = Effort::kUnsaid;
  bool show_thoughts = false;
  Format format = Format::kText;
  const boost::json::value* schema = nullptr;
  bool stream = false;
  bool include_usage = false;         // chat, completions: a chunk with usage at the end of a stream
  bool legacy_functions = false;      // chat: `functions` instead of `tools`; the answer has function_call
  bool give_sealed_thoughts = false;  // responses: include reasoning.encrypted_content
  const boost::json::object* asked = nullptr;  // responses: the request, parts of which an answer repeats

  std::deque<std::string> kept;

  std::string_view keep(std::string text) { return kept.emplace_back(std::move(text)); }
  Turn& turn(bool assistant) {
    if (turns.empty() || turns.back().assistant != assistant) turns.push_back({assistant, {}});
    return turns.back();
  }
};

}  // namespace moongate::openai
