#include "openai/chat_reader.h"

#include <map>

#include "openai/prompt_parts.h"

namespace moongate::openai {
namespace {

constexpr std::string_view kNotHere = "cannot be had from the providers behind this gateway";

// The names of the functions by the ids of their calls: Gemini wants the name with a result.
using CallNames = std::map<std::string_view, std::string_view, std::less<>>;

Block read_part(const Node& part) {
  Block block;
  const Node type = part["type"];
  const std::string_view word = type.needed_string();
  if (word == "text") {
    block.text = part["text"].needed_string();
  } else if (word == "refusal") {
    block.text = part["refusal"].needed_string();
  } else if (word == "image_url") {
    block.kind = BlockKind::kImage;
    const Node image = part["image_url"];
    const Node url = image["url"];
    read_url(url, url.needed_string(), block);
  } else if (word == "input_audio") {
    read_audio(part["input_audio"], block);
  } else if (word == "file") {
    block.kind = BlockKind::kFile;
    const Node file = part["file"];
    block.name = file["filename"].string();
    file["file_id"].refuse_if_there("names a file, and none are kept here: send file_data");
    read_file_data(file["file_data"], block);
  } else {
    type.refuse("must be text, image_url, input_audio or file");
  }
  return block;
}

// A string, or an array of parts; null gives nothing.
void read_content(const Node& content, std::vector<Block>& out) {
  if (content.is_string()) {
    out.push_back(text_block(content.string()));
    return;
  }
  for (std::size_t i = 0; i < content.size(); ++i) out.push_back(read_part(content.at(i)));
}

void read_system(const Node& content, Prompt& out) {
  std::vector<Block> blocks;
  read_content(content, blocks);
  for (const Block& block : blocks) {
    if (block.kind != BlockKind::kText) content.refuse("of a system message must be text");
    if (!block.text.empty()) out.system.push_back(block.text);
  }
}

void read_call(const Node& call, CallNames& names, std::vector<Block>& out) {
  const Node type = call["type"];
  if (type.there() && type.string() != "function") type.refuse("must be function");
  const Node function = call["function"];
  Block block;
  block.kind = BlockKind::kCall;
  block.id = call["id"].needed_string();
  block.name = function["name"].needed_string();
  block.arguments = read_arguments(function["arguments"]);
  // Google's own OpenAI face has it in this place, and so have we.
  block.signature = call["extra_content"]["google"]["thought_signature"].string();
  names[block.id] = block.name;
  out.push_back(std::move(block));
}

void read_assistant(const Node& message, CallNames& names, Prompt& out) {
  message["audio"].refuse_if_there("refers to sound that was never made here");
  std::vector<Block>& blocks = out.turn(true).blocks;
  read_content(message["content"], blocks);
  if (const Node refusal = message["refusal"]; refusal.there()) {
    blocks.push_back(text_block(refusal.string()));
  }
  const Node calls = message["tool_calls"];
  for (std::size_t i = 0; i < calls.size(); ++i) read_call(calls.at(i), names, blocks);
  if (const Node function = message["function_call"]; function.there()) {
    Block block;
    block.kind = BlockKind::kCall;
    block.name = function["name"].needed_string();
    block.id = out.keep("call_" + std::to_string(out.kept.size()));
    block.arguments = read_arguments(function["arguments"]);
    blocks.push_back(std::move(block));
  }
}

// The id of the last call of that name: `role: function` names no call.
std::string_view last_call_of(const Prompt& out, std::string_view name) {
  for (auto turn = out.turns.rbegin(); turn != out.turns.rend(); ++turn) {
    for (const Block& block : turn->blocks) {
      if (block.kind == BlockKind::kCall && block.name == name) return block.id;
    }
  }
  return {};
}

void read_result(const Node& message, bool legacy, const CallNames& names, Prompt& out) {
  Block block;
  block.kind = BlockKind::kResult;
  const Node id = message[legacy ? "name" : "tool_call_id"];
  if (legacy) {
    block.name = id.needed_string();
    block.id = last_call_of(out, block.name);
    if (block.id.empty()) id.refuse("names a function that was not called before");
  } else {
    block.id = id.needed_string();
    const auto found = names.find(block.id);
    if (found == names.end()) {
      id.refuse("is the id of no call in the messages before");
      return;
    }
    block.name = found->second;
  }
  read_content(message["content"], block.content);
  out.turn(false).blocks.push_back(std::move(block));
}

void read_messages(const Node& messages, Prompt& out) {
  if (messages.size() == 0) messages.refuse("must be a list of at least one message");
  CallNames names;
  for (std::size_t i = 0; i < messages.size() && messages.problem().none(); ++i) {
    const Node message = messages.at(i);
    const Node role = message["role"];
    const std::string_view word = role.needed_string();
    if (word == "system" || word == "developer") {
      read_system(message["content"], out);
    } else if (word == "user") {
      read_content(message["content"], out.turn(false).blocks);
    } else if (word == "assistant") {
      read_assistant(message, names, out);
    } else if (word == "tool" || word == "function") {
      read_result(message, word == "function", names, out);
    } else {
      role.refuse("must be system, developer, user, assistant or tool");
    }
  }
}

void read_tools(const Node& body, Prompt& out) {
  const Node tools = body["tools"];
  for (std::size_t i = 0; i < tools.size() && tools.problem().none(); ++i) {
    const Node tool = tools.at(i);
    const Node type = tool["type"];
    if (type.needed_string() != "function") type.refuse("must be function: other tools " + std::string(kNotHere));
    read_function(tool["function"], out);
  }
  const Node functions = body["functions"];
  for (std::size_t i = 0; i < functions.size() && functions.problem().none(); ++i) read_function(functions.at(i), out);
  out.legacy_functions = functions.there();

  if (const Node legacy = body["function_call"]; legacy.is_object()) {
    out.choice = ToolChoice::kNamed;
    out.choice_name = legacy["name"].needed_string();
  } else if (legacy.there()) {
    read_choice_word(legacy, out);
  }
  const Node choice = body["tool_choice"];
  if (choice.is_object()) {
    const Node type = choice["type"];
    const std::string_view word = type.needed_string();
    if (word == "function") {
      out.choice = ToolChoice::kNamed;
      out.choice_name = choice["function"]["name"].needed_string();
    } else if (word == "allowed_tools") {
      const Node allowed = choice["allowed_tools"];
      read_choice_word(allowed["mode"], out);
      keep_allowed_tools(allowed["tools"], out);
    } else {
      type.refuse("must be function or allowed_tools");
    }
  } else if (choice.there()) {
    read_choice_word(choice, out);
  }
  out.one_call_at_most = out.legacy_functions || !body["parallel_tool_calls"].optional_flag().value_or(true);
}

void read_token_limit(const Node& body, Prompt& out) {
  out.max_tokens = body["max_completion_tokens"].integer();
  if (!out.max_tokens) out.max_tokens = body["max_tokens"].integer();
  if (out.max_tokens.value_or(1) < 1) body.refuse("asks for max_tokens below 1");
}

void refuse_what_none_can(const Node& body) {
  body["audio"].refuse_if_there(kNotHere);
  body["web_search_options"].refuse_if_there(kNotHere);
  const Node modalities = body["modalities"];
  for (std::size_t i = 0; i < modalities.size(); ++i) {
    if (modalities.at(i).string() != "text") modalities.at(i).refuse("must be text");
  }
}

}  // namespace

void read_chat(const Node& body, Prompt& out) {
  read_sampling(body, out);
  if (body["logprobs"].flag()) body["logprobs"].refuse(kNotHere);
  refuse_what_none_can(body);
  read_token_limit(body, out);
  out.effort = read_effort(body["reasoning_effort"]);
  out.show_thoughts = out.effort != Effort::kUnsaid && out.effort != Effort::kNone;
  const Node format = body["response_format"];
  const Node schema = format["json_schema"];
  read_format(format, schema["schema"], out);
  read_tools(body, out);
  read_messages(body["messages"], out);
}

void read_completions(const Node& body, Prompt& out) {
  read_sampling(body, out);
  if (body["logprobs"].there()) body["logprobs"].refuse(kNotHere);
  if (body["echo"].flag()) body["echo"].refuse(kNotHere);
  body["suffix"].refuse_if_there(kNotHere);
  if (body["best_of"].integer().value_or(1) != 1) body["best_of"].refuse("must be 1: ask again for another answer");
  read_token_limit(body, out);
  const Node prompt = body["prompt"];
  std::string_view text;
  if (prompt.is_array()) {
    if (prompt.size() != 1) prompt.refuse("must be one text: ask once for each");
    if (prompt.size() == 1) text = prompt.at(0).needed_string();
  } else {
    text = prompt.needed_string();
  }
  out.turn(false).blocks.push_back(text_block(text));
}

}  // namespace moongate::openai
