// A prompt in the language of a provider.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "openai/prompt.h"
#include "protocol/api.h"

namespace moongate::openai {

// A Messages body, for Anthropic and for Claude on Vertex. kInvalid: Claude cannot do it; the message says what.
Result<std::string> claude_request(const Prompt& prompt, std::string_view model);

// A generateContent body, for the Developer API and for Vertex.
Result<std::string> gemini_request(const Prompt& prompt, std::string_view model, Provider provider);

}  // namespace moongate::openai
