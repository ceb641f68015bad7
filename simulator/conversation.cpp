#include "simulator/conversation.h"

#include <boost/json.hpp>

#include "simulator/json_members.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void add_text(Conversation& c, std::string_view text) {
  c.text_tokens += count_words(text);
  for (const char each : text) {
    // Continuation bytes of UTF-8 belong to the character before them.
    if (!is_space(each) && (static_cast<unsigned char>(each) & 0xC0) != 0x80) ++c.characters;
  }
}

void add_media(Conversation& c, std::string_view mime) {
  if (mime.starts_with("audio/")) {
    c.audio_tokens += kMediaTokens;
  } else if (mime.starts_with("video/")) {
    c.video_tokens += kMediaTokens;
  } else if (mime.starts_with("application/") || mime.starts_with("text/")) {
    c.document_tokens += kMediaTokens;
  } else {
    c.image_tokens += kMediaTokens;
  }
}

void join(std::string& texts, std::string_view text) {
  if (!texts.empty()) texts += '\n';
  texts += text;
}

// A string, or an array of content blocks. Appends what it says to `texts`.
void read_blocks(Conversation& c, const json::value& content, std::string& texts, bool& has_result) {
  if (const auto* text = content.if_string()) {
    add_text(c, *text);
    join(texts, *text);
    return;
  }
  const auto* blocks = content.if_array();
  if (blocks == nullptr) return;
  for (const auto& each : *blocks) {
    const auto* block = each.if_object();
    if (block == nullptr) continue;
    const std::string_view type = find_string(*block, "type");
    if (type == "text") {
      const std::string_view text = find_string(*block, "text");
      add_text(c, text);
      join(texts, text);
    } else if (type == "image") {
      add_media(c, "image/");
    } else if (type == "document") {
      add_media(c, "application/");
    } else if (type == "tool_result") {
      has_result = true;
      if (const auto* inner = block->if_contains("content")) read_blocks(c, *inner, texts, has_result);
    }
  }
}

void read_parts(Conversation& c, const json::object& content, std::string& texts, bool& has_result) {
  const auto* parts = find_array(content, "parts");
  if (parts == nullptr) return;
  for (const auto& each : *parts) {
    const auto* part = each.if_object();
    if (part == nullptr) continue;
    for (const char* name : {"inlineData", "inline_data", "fileData", "file_data"}) {
      if (const auto* data = find_object(*part, name)) {
        const std::string_view mime = find_string(*data, "mimeType");
        add_media(c, mime.empty() ? find_string(*data, "mime_type") : mime);
      }
    }
    if (part->contains("functionResponse") || part->contains("function_response")) has_result = true;
    if (!part->contains("text") || find_bool(*part, "thought")) continue;
    const std::string_view text = find_string(*part, "text");
    add_text(c, text);
    join(texts, text);
  }
}

json::value member_or_null(const json::object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const auto* found = object.if_contains(name)) return *found;
  }
  return nullptr;
}

void read_gemini_tools(Conversation& c, const json::object& body) {
  const auto* tools = find_array(body, "tools");
  if (tools == nullptr) return;
  for (const auto& each : *tools) {
    const auto* tool = each.if_object();
    if (tool == nullptr) continue;
    const auto* functions = find_array(*tool, "functionDeclarations");
    if (functions == nullptr) functions = find_array(*tool, "function_declarations");
    if (functions == nullptr) continue;
    for (const auto& function : *functions) {
      const auto* declared = function.if_object();
      if (declared == nullptr) continue;
      c.tools.push_back({std::string(find_string(*declared, "name")),
                         member_or_null(*declared, {"parametersJsonSchema", "parameters"})});
    }
  }
}

void read_gemini_settings(Conversation& c, const json::object& body) {
  if (const auto* config = find_object(body, "generationConfig")) {
    c.max_tokens = find_integer(*config, "maxOutputTokens");
    if (const auto* thinking = find_object(*config, "thinkingConfig")) {
      c.thinking = find_bool(*thinking, "includeThoughts");
    }
    const json::value schema = member_or_null(*config, {"responseJsonSchema", "responseSchema"});
    if (find_string(*config, "responseMimeType") == "application/json" && schema.is_object())
      c.answer_schema = schema;
  }
  if (const auto* tool_config = find_object(body, "toolConfig")) {
    if (const auto* calling = find_object(*tool_config, "functionCallingConfig")) {
      c.tool_forced = find_string(*calling, "mode") == "ANY";
    }
  }
}

}  // namespace

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = is_space(c);
    if (!space && !inside) ++words;
    inside = !space;
  }
  return words;
}

Conversation read_anthropic(const json::object& body) {
  Conversation c;
  std::string unused;
  bool has_result = false;
  if (const auto* system = body.if_contains("system")) read_blocks(c, *system, unused, has_result);
  if (const auto* messages = find_array(body, "messages")) {
    for (const auto& each : *messages) {
      const auto* message = each.if_object();
      const auto* content = message != nullptr ? message->if_contains("content") : nullptr;
      if (content == nullptr) continue;
      std::string texts;
      has_result = false;
      read_blocks(c, *content, texts, has_result);
      if (find_string(*message, "role") != "user") continue;
      c.last_user_text = std::move(texts);
      c.answers_tool = has_result;
    }
  }
  if (const auto* tools = find_array(body, "tools")) {
    for (const auto& each : *tools) {
      const auto* tool = each.if_object();
      if (tool == nullptr || find_string(*tool, "name").empty()) continue;
      c.tools.push_back({std::string(find_string(*tool, "name")), member_or_null(*tool, {"input_schema"})});
    }
  }
  if (const auto* choice = find_object(body, "tool_choice")) {
    const std::string_view type = find_string(*choice, "type");
    c.tool_forced = type == "any" || type == "tool";
    // The named tool is the one to call.
    for (std::size_t i = 1; type == "tool" && i < c.tools.size(); ++i) {
      if (c.tools[i].name == find_string(*choice, "name")) std::swap(c.tools[0], c.tools[i]);
    }
  }
  if (const auto* thinking = find_object(body, "thinking"))
    c.thinking = find_string(*thinking, "type") == "enabled";
  if (const auto* output = find_object(body, "output_config")) {
    if (const auto* format = find_object(*output, "format")) {
      const json::value schema = member_or_null(*format, {"schema"});
      if (find_string(*format, "type") == "json_schema" && schema.is_object()) c.answer_schema = schema;
    }
  }
  c.max_tokens = find_integer(body, "max_tokens");
  return c;
}

Conversation read_gemini(const json::object& body) {
  Conversation c;
  std::string unused;
  bool has_result = false;
  for (const char* name : {"systemInstruction", "system_instruction"}) {
    if (const auto* system = find_object(body, name)) read_parts(c, *system, unused, has_result);
  }
  if (const auto* contents = body.if_contains("contents")) {
    // A lone content object is taken for a list of one, as Google does.
    json::array alone;
    if (contents->is_object()) alone.push_back(*contents);
    const json::array* list = contents->is_array() ? &contents->get_array() : &alone;
    for (const auto& each : *list) {
      const auto* content = each.if_object();
      if (content == nullptr) continue;
      std::string texts;
      has_result = false;
      read_parts(c, *content, texts, has_result);
      const std::string_view role = find_string(*content, "role");
      if (role == "model") continue;
      c.last_user_text = std::move(texts);
      c.answers_tool = has_result;
    }
  }
  read_gemini_tools(c, body);
  read_gemini_settings(c, body);
  return c;
}

}  // namespace moongate::sim
