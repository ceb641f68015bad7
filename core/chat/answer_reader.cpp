#include "chat/answer_reader.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace moongate {
namespace {

namespace json = boost::json;

const json::object* object_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

std::string_view text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

// Leaves `into` alone where there is no such number.
void take_number(const json::object& object, std::string_view name, std::int64_t& into) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr) return;
  if (found->is_int64()) into = found->get_int64();
  else if (found->is_uint64()) into = static_cast<std::int64_t>(found->get_uint64());
}

const json::object* first_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  const json::array* list = found == nullptr ? nullptr : found->if_array();
  return list == nullptr || list->empty() ? nullptr : list->front().if_object();
}

std::string stop_reason_of_gemini(std::string_view reason) {
  if (reason == "STOP") return "end_turn";
  if (reason == "MAX_TOKENS") return "max_tokens";
  return "refusal";
}

std::string stop_reason_of_openai(std::string_view reason) {
  if (reason == "stop") return "end_turn";
  if (reason == "length") return "max_tokens";
  if (reason == "tool_calls" || reason == "function_call") return "tool_use";
  return "refusal";
}

// Anthropic counts the cached part of a prompt apart.
void add_claude_usage(const json::object& told, ChatUsage& usage) {
  std::int64_t fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens;
  take_number(told, "input_tokens", fresh);
  take_number(told, "cache_read_input_tokens", usage.cache_read_tokens);
  take_number(told, "cache_creation_input_tokens", usage.cache_write_tokens);
  take_number(told, "output_tokens", usage.output_tokens);
  usage.input_tokens = fresh + usage.cache_read_tokens + usage.cache_write_tokens;
}

}  // namespace

void AnswerReader::feed(std::string_view bytes) {
  splitter_.feed(bytes);
  for (;;) {
    std::string_view piece;
    const Piece kind = splitter_.next(piece);
    if (kind == Piece::kMore) return;
    if (kind == Piece::kWhole) {
      take_event(piece);
    } else {
      // Larger than anything that a provider sends: not looked into.
      error_ = "The model's answer holds an event that is too large.";
    }
  }
}

void AnswerReader::take_event(std::string_view raw) {
  const SseEvent event = parse_sse_event(raw, scratch_);
  if (!event.has_data) return;
  if (event.data == "[DONE]") {
    complete_ = true;
    return;
  }
  boost::system::error_code failed;
  const json::value parsed = json::parse(event.data, failed);
  if (failed || !parsed.is_object()) return;
  const json::object& object = parsed.get_object();
  if (object.contains("error")) {
    error_ = message_of_error(event.data);
    if (error_.empty()) error_ = "The model's provider broke the answer off.";
    return;
  }
  switch (dialect_) {
    case ChatDialect::kClaude: return claude(object);
    case ChatDialect::kGemini: return gemini(object);
    case ChatDialect::kOpenAi: return openai(object);
  }
}

void AnswerReader::say(std::string_view text) {
  if (text.empty() || text_.size() + text.size() > kMaxText) return;
  text_ += text;
  if (events_.delta) events_.delta(text);
}

void AnswerReader::take_claude_usage(const json::object& usage) { add_claude_usage(usage, usage_); }

void AnswerReader::add_paragraph(std::string_view text) {
  if (text.empty()) return;
  if (!text_.empty()) say("\n\n");
  say(text);
}

void AnswerReader::think(std::string_view text) {
  if (!text.empty() && events_.thinking) events_.thinking(text);
}

void AnswerReader::claude(const json::object& event) {
  const std::string_view type = text_in(event, "type");
  if (type == "message_start") {
    const json::object* message = object_in(event, "message");
    const json::object* told = message == nullptr ? nullptr : object_in(*message, "usage");
    if (told != nullptr) add_claude_usage(*told, usage_);
  } else if (type == "content_block_start") {
    if (const json::object* block = object_in(event, "content_block"); block != nullptr) {
      if (!text_.empty() && text_in(*block, "type") == "text") say("\n\n");
      say(text_in(*block, "text"));
    }
  } else if (type == "content_block_delta") {
    const json::object* delta = object_in(event, "delta");
    if (delta == nullptr) return;
    say(text_in(*delta, "text"));
    think(text_in(*delta, "thinking"));
  } else if (type == "message_delta") {
    if (const json::object* delta = object_in(event, "delta"); delta != nullptr && !text_in(*delta, "stop_reason").empty()) {
      stop_reason_ = text_in(*delta, "stop_reason");
    }
    if (const json::object* told = object_in(event, "usage"); told != nullptr) add_claude_usage(*told, usage_);
  } else if (type == "message_stop") {
    complete_ = true;
  }
}

void AnswerReader::gemini(const json::object& event) {
  if (const json::object* told = object_in(event, "usageMetadata"); told != nullptr) {
    std::int64_t thoughts = 0, candidates = 0;
    take_number(*told, "promptTokenCount", usage_.input_tokens);
    take_number(*told, "cachedContentTokenCount", usage_.cache_read_tokens);
    take_number(*told, "candidatesTokenCount", candidates);
    take_number(*told, "thoughtsTokenCount", thoughts);
    usage_.output_tokens = std::max(usage_.output_tokens, candidates + thoughts);
  }
  if (const json::object* feedback = object_in(event, "promptFeedback"); feedback != nullptr && !text_in(*feedback, "blockReason").empty()) {
    stop_reason_ = "refusal";
    complete_ = true;
  }
  const json::object* candidate = first_in(event, "candidates");
  if (candidate == nullptr) return;
  const json::object* content = object_in(*candidate, "content");
  const json::value* parts = content == nullptr ? nullptr : content->if_contains("parts");
  if (parts != nullptr && parts->is_array()) {
    for (const json::value& each : parts->get_array()) {
      const json::object* part = each.if_object();
      if (part == nullptr) continue;
      const json::value* thought = part->if_contains("thought");
      if (thought != nullptr && thought->is_bool() && thought->get_bool()) think(text_in(*part, "text"));
      else say(text_in(*part, "text"));
    }
  }
  if (const std::string_view reason = text_in(*candidate, "finishReason"); !reason.empty()) {
    stop_reason_ = stop_reason_of_gemini(reason);
    complete_ = true;
  }
}

void AnswerReader::openai(const json::object& event) {
  if (const json::object* told = object_in(event, "usage"); told != nullptr) {
    take_number(*told, "prompt_tokens", usage_.input_tokens);
    take_number(*told, "completion_tokens", usage_.output_tokens);
    if (const json::object* details = object_in(*told, "prompt_tokens_details"); details != nullptr) {
      take_number(*details, "cached_tokens", usage_.cache_read_tokens);
    }
  }
  const json::object* choice = first_in(event, "choices");
  if (choice == nullptr) return;
  if (const json::object* delta = object_in(*choice, "delta"); delta != nullptr) {
    say(text_in(*delta, "content"));
    think(text_in(*delta, "reasoning_content"));
  }
  if (const std::string_view reason = text_in(*choice, "finish_reason"); !reason.empty()) {
    stop_reason_ = stop_reason_of_openai(reason);
  }
}

std::string message_of_error(std::string_view body) {
  boost::system::error_code failed;
  json::value parsed = json::parse(body, failed);
  if (failed) return {};
  if (parsed.is_array() && !parsed.get_array().empty()) parsed = json::value(parsed.get_array().front());
  if (!parsed.is_object()) return {};
  const json::object& object = parsed.get_object();
  const json::object* error = object_in(object, "error");
  return std::string(text_in(error == nullptr ? object : *error, "message"));
}

}  // namespace moongate
