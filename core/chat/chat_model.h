// What a model is, as far as a conversation has to know: how it is asked, and how much it takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moongate {

enum class ChatDialect : std::uint8_t {
  kClaude,  // /v1/messages
  kGemini,  // /v1beta/models/…:streamGenerateContent
  kOpenAi,  // /v1/chat/completions, for names that belong to neither
};
std::string_view to_string(ChatDialect dialect);
ChatDialect dialect_of_model(std::string_view model);

// Tokens that prompt and answer may have together. For a model that nobody has listed: 32,768.
struct ModelWindow {
  std::string_view pattern;  // a name, '*' for anything behind it
  std::int64_t tokens;
};
const std::vector<ModelWindow>& model_windows();  // the first that fits is the one
std::int64_t window_of_model(std::string_view model);

// Whether `name` fits one of the patterns, which commas separate; each may end in '*'. Case counts.
bool fits_any(std::string_view patterns, std::string_view name);

}  // namespace moongate
