// Calls that make text: chat, completions, responses.
#pragma once

#include <memory>

#include "openai/json_document.h"
#include "openai/openai_call.h"

namespace moongate::openai {

Result<std::unique_ptr<OpenAiCall>> read_generation(OpenAiKind kind, JsonDocument body);

}  // namespace moongate::openai
