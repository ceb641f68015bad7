// POST /v1/responses, read.
#pragma once

#include "openai/node.h"
#include "openai/prompt.h"

namespace moongate::openai {

void read_responses(const Node& body, Prompt& out);

}  // namespace moongate::openai
