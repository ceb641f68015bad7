#include "openai/responses_reader.h"

#include <map>

#include "openai/prompt_parts.h"
#include "openai/sealed_thought.h"

namespace moongate::openai {
namespace {

constexpr std::string_view kNotHere = "cannot be had from the providers behind this gateway";
constexpr std::string_view kNothingKept = "refers to what was said before, and nothing is kept here: send it again in input";

std::string_view joined_name(std::string_view name_space, std::string_view name, Prompt& out) {
  if (name_space.empty()) return name;
  return out.keep(std::string(name_space) + "__" + std::string(name));
}

class InputReader {
 public:
  explicit InputReader(Prompt& out) : out_(out) {}

  void read(const Node& input) {
    if (input.is_string()) {
      out_.turn(false).blocks.push_back(text_block(input.string()));
      return;
    }
    if (input.size() == 0) input.refuse("must be a text or a list of at least one item");
    for (std::size_t i = 0; i < input.size() && input.problem().none(); ++i) read_item(input.at(i));
  }

 private:
  void read_item(const Node& item) {
    const Node type = item["type"];
    const std::string_view word = type.there() ? type.string() : "message";
    if (word == "message") {
      read_message(item);
    } else if (word == "function_call") {
      read_call(item);
    } else if (word == "function_call_output") {
      read_result(item);
    } else if (word == "reasoning") {
      read_reasoning(item);
    } else if (word == "item_reference") {
      item.refuse("refers to an item, and none are kept here: set store to false, so that your client sends them whole");
    } else {
      type.refuse("must be message, function_call, function_call_output or reasoning");
    }
  }

  void read_message(const Node& item) {
    const Node role = item["role"];
    const std::string_view word = role.needed_string();
    if (word == "user" || word == "assistant") {
      read_content(item["content"], out_.turn(word == "assistant").blocks);
    } else if (word == "system" || word == "developer") {
      std::vector<Block> blocks;
      read_content(item["content"], blocks);
      for (const Block& block : blocks) {
        if (block.kind != BlockKind::kText) item["content"].refuse("of a system message must be text");
        if (!block.text.empty()) out_.system.push_back(block.text);
      }
    } else {
      role.refuse("must be user, assistant, system or developer");
    }
  }

  static void read_content(const Node& content, std::vector<Block>& out) {
    if (content.is_string()) {
      out.push_back(text_block(content.string()));
      return;
    }
    for (std::size_t i = 0; i < content.size(); ++i) out.push_back(read_part(content.at(i)));
  }

  static Block read_part(const Node& part) {
    Block block;
    const Node type = part["type"];
    const std::string_view word = type.needed_string();
    if (word == "input_text" || word == "output_text" || word == "text") {
      block.text = part["text"].needed_string();
    } else if (word == "refusal") {
      block.text = part["refusal"].needed_string();
    } else if (word == "input_image") {
      block.kind = BlockKind::kImage;
      part["file_id"].refuse_if_there("names a file, and none are kept here: send image_url");
      const Node url = part["image_url"];
      read_url(url, url.needed_string(), block);
    } else if (word == "input_file") {
      block.kind = BlockKind::kFile;
      block.name = part["filename"].string();
      part["file_id"].refuse_if_there("names a file, and none are kept here: send file_data or file_url");
      if (const Node url = part["file_url"]; url.there()) {
        read_url(url, url.string(), block);
      } else {
        read_file_data(part["file_data"], block);
      }
    } else if (word == "input_audio") {
      read_audio(part["input_audio"], block);
    } else {
      type.refuse("must be input_text, input_image, input_file, input_audio or output_text");
    }
    return block;
  }

  void read_call(const Node& item) {
    Block block;
    block.kind = BlockKind::kCall;
    block.id = item["call_id"].needed_string();
    block.name = joined_name(item["namespace"].string(), item["name"].needed_string(), out_);
    block.arguments = read_arguments(item["arguments"]);
    block.signature = call_signature_;
    call_signature_ = {};
    names_[block.id] = block.name;
    out_.turn(true).blocks.push_back(std::move(block));
  }

  void read_result(const Node& item) {
    Block block;
    block.kind = BlockKind::kResult;
    const Node id = item["call_id"];
    block.id = id.needed_string();
    const auto found = names_.find(block.id);
    if (found == names_.end()) return id.refuse("is the id of no call in the items before");
    block.name = found->second;
    read_content(item["output"], block.content);
    out_.turn(false).blocks.push_back(std::move(block));
  }

  // Only what this gateway sealed can be given back; a summary alone is nothing that a provider takes.
  void read_reasoning(const Node& item) {
    Block block;
    std::string_view signature;
    if (!open_thought(item["encrypted_content"].string(), out_, block, signature)) return;
    if (!signature.empty()) {
      call_signature_ = signature;
    } else {
      out_.turn(true).blocks.push_back(std::move(block));
    }
  }

  Prompt& out_;
  std::map<std::string_view, std::string_view, std::less<>> names_;
  std::string_view call_signature_;
};

void read_tool(const Node& tool, Prompt& out) {
  const Node type = tool["type"];
  const std::string_view word = type.needed_string();
  if (word == "function") {
    read_function(tool, out);
  } else if (word == "namespace") {
    const std::string_view name_space = tool["name"].needed_string();
    const Node tools = tool["tools"];
    for (std::size_t i = 0; i < tools.size() && tools.problem().none(); ++i) {
      const Node inner = tools.at(i);
      if (inner["type"].string() != "function") inner["type"].refuse("must be function");
      const std::size_t before = out.tools.size();
      read_function(inner, out);
      if (out.tools.size() == before) return;
      Tool& added = out.tools.back();
      added.name_space = name_space;
      added.own_name = added.name;
      added.name = joined_name(name_space, added.name, out);
    }
  } else if (word == "web_search" && !tool["external_web_access"].optional_flag().value_or(true)) {
    // Codex offers a search that may not leave OpenAI's own cache: there is none here, and nothing that has to be found.
  } else {
    type.refuse("must be function or namespace: other tools " + std::string(kNotHere));
  }
}

void read_tools(const Node& body, Prompt& out) {
  const Node tools = body["tools"];
  for (std::size_t i = 0; i < tools.size() && tools.problem().none(); ++i) read_tool(tools.at(i), out);
  out.one_call_at_most = !body["parallel_tool_calls"].optional_flag().value_or(true);
  const Node choice = body["tool_choice"];
  if (!choice.is_object()) {
    if (choice.there()) read_choice_word(choice, out);
    return;
  }
  const Node type = choice["type"];
  const std::string_view word = type.needed_string();
  if (word == "function") {
    out.choice = ToolChoice::kNamed;
    out.choice_name = choice["name"].needed_string();
  } else if (word == "allowed_tools") {
    read_choice_word(choice["mode"], out);
    keep_allowed_tools(choice["tools"], out);
  } else {
    type.refuse("must be function or allowed_tools");
  }
}

void refuse_what_none_can(const Node& body) {
  body["previous_response_id"].refuse_if_there(kNothingKept);
  body["conversation"].refuse_if_there(kNothingKept);
  body["prompt"].refuse_if_there("names a template, and none are kept here: send instructions and input");
  if (body["background"].flag()) body["background"].refuse("must be false: an answer is given to whoever waits for it");
}

void read_include(const Node& include, Prompt& out) {
  for (std::size_t i = 0; i < include.size(); ++i) {
    const Node each = include.at(i);
    if (each.string() == "reasoning.encrypted_content") out.give_sealed_thoughts = true;
    if (each.string() == "message.output_text.logprobs") each.refuse(kNotHere);
  }
}

}  // namespace

void read_responses(const Node& body, Prompt& out) {
  out.asked = &body.tree()->get_object();
  refuse_what_none_can(body);
  read_sampling(body, out);
  read_include(body["include"], out);
  const Node limit = body["max_output_tokens"];
  out.max_tokens = limit.integer();
  if (out.max_tokens.value_or(1) < 1) limit.refuse("must be at least 1");
  const Node reasoning = body["reasoning"];
  out.effort = read_effort(reasoning["effort"]);
  out.show_thoughts = !reasoning["summary"].string().empty() && out.effort != Effort::kNone;
  const Node text = body["text"];
  const Node format = text["format"];
  read_format(format, format["schema"], out);
  read_tools(body, out);
  if (const Node instructions = body["instructions"]; !instructions.string().empty()) {
    out.system.push_back(instructions.string());
  }
  InputReader(out).read(body["input"]);
}

}  // namespace moongate::openai
