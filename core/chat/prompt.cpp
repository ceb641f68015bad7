#include "chat/prompt.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <optional>

#include "http/message.h"

namespace moongate {
namespace {

namespace json = boost::json;

constexpr std::int64_t kAroundMessage = 4;
constexpr std::int64_t kImageTokens = 1600;
constexpr std::size_t kBase64PerToken = 32;

std::string_view text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || !found->is_string()) return {};
  return {found->get_string().data(), found->get_string().size()};
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

std::int64_t estimate_block(const json::object& block) {
  const std::string_view type = text_in(block, "type");
  if (type == "text") return estimate_tokens(text_in(block, "text"));
  if (type == "image") return kImageTokens;
  if (type == "document") {
    const json::object* source = object_in(block, "source");
    return source == nullptr ? 0 : static_cast<std::int64_t>(text_in(*source, "data").size() / kBase64PerToken) + 1;
  }
  return estimate_tokens(json::serialize(block));
}

bool answers_a_tool(const Said& said) {
  return std::any_of(said.blocks.begin(), said.blocks.end(), [](const json::value& block) {
    return block.is_object() && text_in(block.get_object(), "type") == "tool_result";
  });
}

// --- Gemini

json::object gemini_data(const json::object& block) {
  const json::object* source = object_in(block, "source");
  json::object data;
  if (source != nullptr) data = {{"mimeType", text_in(*source, "media_type")}, {"data", text_in(*source, "data")}};
  return {{"inlineData", std::move(data)}};
}

// The name of the tool that a call's id stands for: Gemini tells results by name.
std::string_view tool_of(const std::vector<Said>& said, std::string_view id) {
  for (const Said& each : said) {
    for (const json::value& block : each.blocks) {
      const json::object* object = block.if_object();
      if (object != nullptr && text_in(*object, "type") == "tool_use" && text_in(*object, "id") == id) return text_in(*object, "name");
    }
  }
  return id;
}

json::object gemini_part(const json::object& block, const std::vector<Said>& said) {
  const std::string_view type = text_in(block, "type");
  if (type == "image" || type == "document") return gemini_data(block);
  if (type == "tool_use") {
    const json::object* input = object_in(block, "input");
    return {{"functionCall", json::object{{"name", text_in(block, "name")}, {"args", input == nullptr ? json::object() : *input}}}};
  }
  if (type == "tool_result") {
    const json::value* content = block.if_contains("content");
    json::object response{{"result", content == nullptr ? json::value() : *content}};
    return {{"functionResponse", json::object{{"name", tool_of(said, text_in(block, "tool_use_id"))}, {"response", std::move(response)}}}};
  }
  return {{"text", text_in(block, "text")}};
}

PromptText for_gemini(const Prompt& prompt) {
  json::array contents;
  for (std::size_t i = prompt.first; i < prompt.said->size(); ++i) {
    const Said& each = (*prompt.said)[i];
    json::array parts;
    for (const json::value& block : each.blocks) {
      if (block.is_object()) parts.push_back(gemini_part(block.get_object(), *prompt.said));
    }
    contents.push_back(json::object{{"role", each.author == "assistant" ? "model" : "user"}, {"parts", std::move(parts)}});
  }
  json::object body{{"contents", std::move(contents)}, {"generationConfig", json::object{{"maxOutputTokens", prompt.max_tokens}}}};
  if (!prompt.instructions.empty()) {
    body["systemInstruction"] = json::object{{"parts", json::array{json::object{{"text", prompt.instructions}}}}};
  }
  return {"/v1beta/models/" + url_encode(prompt.model) + ":streamGenerateContent?alt=sse", "x-goog-api-key", {}, json::serialize(body)};
}

// --- Claude

PromptText for_claude(const Prompt& prompt) {
  json::array messages;
  for (std::size_t i = prompt.first; i < prompt.said->size(); ++i) {
    const Said& each = (*prompt.said)[i];
    messages.push_back(json::object{{"role", each.author}, {"content", each.blocks}});
  }
  json::object body{{"model", prompt.model}, {"max_tokens", prompt.max_tokens}, {"stream", true}, {"messages", std::move(messages)}};
  if (!prompt.instructions.empty()) body["system"] = prompt.instructions;
  return {"/v1/messages", "x-api-key", {{"anthropic-version", "2023-06-01"}}, json::serialize(body)};
}

// --- OpenAI

json::object openai_part(const json::object& block) {
  if (text_in(block, "type") == "image") {
    const json::object* source = object_in(block, "source");
    std::string url = "data:";
    if (source != nullptr) url += std::string(text_in(*source, "media_type")) + ";base64," + std::string(text_in(*source, "data"));
    return {{"type", "image_url"}, {"image_url", json::object{{"url", url}}}};
  }
  return {{"type", "text"}, {"text", text_in(block, "text")}};
}

PromptText for_openai(const Prompt& prompt) {
  json::array messages;
  if (!prompt.instructions.empty()) messages.push_back(json::object{{"role", "system"}, {"content", prompt.instructions}});
  for (std::size_t i = prompt.first; i < prompt.said->size(); ++i) {
    const Said& each = (*prompt.said)[i];
    if (each.author == "assistant") {
      messages.push_back(json::object{{"role", "assistant"}, {"content", text_of(each.blocks)}});
      continue;
    }
    json::array parts;
    for (const json::value& block : each.blocks) {
      if (block.is_object()) parts.push_back(openai_part(block.get_object()));
    }
    messages.push_back(json::object{{"role", "user"}, {"content", std::move(parts)}});
  }
  const json::object body{{"model", prompt.model}, {"max_tokens", prompt.max_tokens}, {"stream", true},
                          {"stream_options", json::object{{"include_usage", true}}}, {"messages", std::move(messages)}};
  return {"/v1/chat/completions", "x-api-key", {}, json::serialize(body)};
}

}  // namespace

std::int64_t estimate_tokens(std::string_view text) {
  std::int64_t ascii = 0, others = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) ++ascii;
    else if (byte >= 0xC0) ++others;  // the first byte of a character
  }
  return (ascii * 2 + 6) / 7 + others;
}

std::int64_t estimate_tokens(const Said& said) {
  std::int64_t sum = kAroundMessage;
  for (const json::value& block : said.blocks) {
    if (block.is_object()) sum += estimate_block(block.get_object());
  }
  return sum;
}

Result<std::size_t> messages_to_drop(const std::vector<Said>& said, std::string_view instructions, std::int64_t max_tokens,
                                     std::int64_t window) {
  const std::int64_t room = window - max_tokens - estimate_tokens(instructions) - kAroundMessage;
  std::int64_t sum = 0;
  std::optional<std::size_t> first;
  for (std::size_t i = said.size(); i-- > 0;) {
    sum += estimate_tokens(said[i]);
    if (sum > room) break;
    if (said[i].author == "user" && !answers_a_tool(said[i])) first = i;
  }
  if (first) return *first;
  return Error(ErrorKind::kInvalid,
               "The message does not fit: about " + std::to_string(sum) + " tokens, and the model takes " + std::to_string(window) +
                   " with the system prompt and an answer of up to " + std::to_string(max_tokens) + ". Send less, or ask for a smaller max_tokens.",
               ErrorSource::kClient);
}

PromptText render_prompt(const Prompt& prompt) {
  PromptText text;
  switch (dialect_of_model(prompt.model)) {
    case ChatDialect::kClaude: text = for_claude(prompt); break;
    case ChatDialect::kGemini: text = for_gemini(prompt); break;
    case ChatDialect::kOpenAi: text = for_openai(prompt); break;
  }
  text.headers.emplace_back("Content-Type", "application/json");
  text.headers.emplace_back("Accept-Encoding", "identity");
  return text;
}

}  // namespace moongate
