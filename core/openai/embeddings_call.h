// POST /v1/embeddings.
#pragma once

#include <memory>

#include "openai/json_document.h"
#include "openai/openai_call.h"

namespace moongate::openai {

Result<std::unique_ptr<OpenAiCall>> read_embeddings(JsonDocument body);

}  // namespace moongate::openai
