#include "openai/prompt_parts.h"

#include <algorithm>

#include "openai/json_document.h"

namespace moongate::openai {
namespace {

constexpr std::size_t kMostStops = 16;
constexpr std::size_t kMostTools = 512;

bool starts_with_no_case(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(), [](char want, char c) {
           return want == (c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
         });
}

// "data:image/png;charset=x;base64,…"; false: no base64 in it.
bool split_data_url(std::string_view url, Block& out) {
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return false;
  std::string_view head = url.substr(5, comma - 5);
  if (head.size() < 7 || !starts_with_no_case(head.substr(head.size() - 7), ";base64")) return false;
  out.media_type = head.substr(0, head.find(';'));
  out.data = url.substr(comma + 1);
  return !out.media_type.empty() && !out.data.empty();
}

}  // namespace

void read_url(const Node& place, std::string_view url, Block& out) {
  if (starts_with_no_case(url, "data:")) {
    if (!split_data_url(url, out)) place.refuse("must be a data: URL with a media type and base64");
  } else if (starts_with_no_case(url, "https://")) {
    out.url = url;
  } else {
    place.refuse("must be a data: URL with base64 or an https: address");
  }
}

void read_file_data(const Node& place, Block& out) {
  const std::string_view text = place.needed_string();
  if (starts_with_no_case(text, "data:")) {
    if (!split_data_url(text, out)) place.refuse("must be base64, best as a data: URL with a media type");
    return;
  }
  out.data = text;
  out.media_type = "application/pdf";
  if (out.name.ends_with(".txt") || out.name.ends_with(".md")) out.media_type = "text/plain";
}

void read_audio(const Node& audio, Block& out) {
  out.kind = BlockKind::kAudio;
  out.data = audio["data"].needed_string();
  const Node format = audio["format"];
  const std::string_view name = format.needed_string();
  if (name == "wav") out.media_type = "audio/wav";
  if (name == "mp3") out.media_type = "audio/mp3";
  if (out.media_type.empty()) format.refuse("must be wav or mp3");
}

void read_sampling(const Node& body, Prompt& out) {
  out.temperature = body["temperature"].number();
  out.top_p = body["top_p"].number();
  out.presence_penalty = body["presence_penalty"].number();
  out.frequency_penalty = body["frequency_penalty"].number();
  out.seed = body["seed"].integer();
  const Node stop = body["stop"];
  if (stop.is_string()) {
    out.stop.push_back(stop.string());
  } else {
    if (stop.size() > kMostStops) stop.refuse("has too many entries");
    for (std::size_t i = 0; i < std::min(stop.size(), kMostStops); ++i) out.stop.push_back(stop.at(i).needed_string());
  }
  out.stream = body["stream"].flag();
  out.include_usage = body["stream_options"]["include_usage"].flag();
  if (body["n"].integer().value_or(1) != 1) body["n"].refuse("must be 1: ask again for another answer");
  if (body["top_logprobs"].integer().value_or(0) != 0) {
    body["top_logprobs"].refuse("cannot be had from the providers behind this gateway");
  }
  const Node bias = body["logit_bias"];
  if (bias.is_object() ? !bias.tree()->get_object().empty() : bias.there()) {
    bias.refuse("cannot be had from the providers behind this gateway");
  }
}

Effort read_effort(const Node& effort) {
  const std::string_view word = effort.string();
  if (word.empty()) return Effort::kUnsaid;
  if (word == "none") return Effort::kNone;
  if (word == "minimal") return Effort::kMinimal;
  if (word == "low") return Effort::kLow;
  if (word == "medium") return Effort::kMedium;
  if (word == "high") return Effort::kHigh;
  if (word == "xhigh" || word == "max") return Effort::kXhigh;
  effort.refuse("must be none, minimal, low, medium, high or xhigh");
  return Effort::kUnsaid;
}

void read_function(const Node& function, Prompt& out) {
  Tool tool;
  const Node name = function["name"];
  tool.name = name.needed_string();
  if (name.there() && tool.name.empty()) name.refuse("must not be empty");
  tool.description = function["description"].string();
  const Node parameters = function["parameters"];
  if (parameters.there() && !parameters.is_object()) parameters.refuse("must be an object");
  tool.parameters = parameters.tree();
  tool.strict = function["strict"].flag();
  if (out.tools.size() == kMostTools) function.refuse("is one tool too many");
  if (out.tools.size() < kMostTools) out.tools.push_back(tool);
}

void read_format(const Node& format, const Node& schema, Prompt& out) {
  if (!format.there()) return;
  const std::string_view type = format["type"].needed_string();
  if (type == "json_object") {
    out.format = Format::kJsonObject;
  } else if (type == "json_schema") {
    out.format = Format::kJsonSchema;
    if (!schema.is_object()) schema.refuse("must be an object");
    out.schema = schema.tree();
  } else if (type != "text") {
    format["type"].refuse("must be text, json_object or json_schema");
  }
}

void read_choice_word(const Node& choice, Prompt& out) {
  const std::string_view word = choice.string();
  if (word == "auto") {
    out.choice = ToolChoice::kAuto;
  } else if (word == "none") {
    out.choice = ToolChoice::kNone;
  } else if (word == "required") {
    out.choice = ToolChoice::kRequired;
  } else {
    choice.refuse("must be auto, none, required or name a function");
  }
}

void keep_allowed_tools(const Node& tools, Prompt& out) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::min(tools.size(), kMostTools); ++i) {
    const Node each = tools.at(i);
    const Node type = each["type"];
    if (type.string() != "function") type.refuse("must be function");
    const Node function = each["function"];
    names.push_back(function.there() ? function["name"].needed_string() : each["name"].needed_string());
  }
  std::erase_if(out.tools, [&](const Tool& tool) {
    return std::find(names.begin(), names.end(), tool.name) == names.end();
  });
}

std::string_view read_arguments(const Node& arguments) {
  const std::string_view text = arguments.string();
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return "{}";
  if (!JsonDocument::parse(text).ok()) arguments.refuse("must be the text of a JSON object");
  return text;
}

}  // namespace moongate::openai
