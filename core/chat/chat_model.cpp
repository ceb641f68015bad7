#include "chat/chat_model.h"

#include <algorithm>

namespace moongate {
namespace {

constexpr std::int64_t kUnknownWindow = 32'768;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return false;
  if (pattern.back() != '*') return pattern == name;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

}  // namespace

std::string_view to_string(ChatDialect dialect) {
  switch (dialect) {
    case ChatDialect::kClaude: return "claude";
    case ChatDialect::kGemini: return "gemini";
    case ChatDialect::kOpenAi: return "openai";
  }
  return "unknown";
}

ChatDialect dialect_of_model(std::string_view model) {
  if (contains(model, "claude")) return ChatDialect::kClaude;
  if (contains(model, "gemini") || contains(model, "gemma")) return ChatDialect::kGemini;
  return ChatDialect::kOpenAi;
}

// Anthropic: "Models overview" (context window). Google: ai.google.dev/gemini-api/docs/models (input token limit). Windows
// that must be asked for by a beta header are not counted on.
const std::vector<ModelWindow>& model_windows() {
  static const std::vector<ModelWindow> kWindows = {
      {"claude-2.0*", 100'000},        {"claude-instant*", 100'000},    {"claude-*", 200'000},
      {"gemini-1.5-pro*", 2'097'152},  {"gemini-1.0*", 32'760},         {"gemini-2.5-flash-image*", 65'536},
      {"gemini-2.0-flash-live*", 32'768}, {"gemini-*", 1'048'576},      {"gemma-3*", 131'072},
  };
  return kWindows;
}

std::int64_t window_of_model(std::string_view model) {
  for (const ModelWindow& each : model_windows()) {
    if (fits(each.pattern, model)) return each.tokens;
  }
  return kUnknownWindow;
}

bool fits_any(std::string_view patterns, std::string_view name) {
  while (!patterns.empty()) {
    const std::size_t comma = patterns.find(',');
    std::string_view each = patterns.substr(0, comma);
    while (!each.empty() && each.front() == ' ') each.remove_prefix(1);
    while (!each.empty() && each.back() == ' ') each.remove_suffix(1);
    if (fits(each, name)) return true;
    patterns = comma == std::string_view::npos ? std::string_view() : patterns.substr(comma + 1);
  }
  return false;
}

}  // namespace moongate
