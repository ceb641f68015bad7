// POST /v1/chat/completions and /v1/completions, read.
#pragma once

#include "openai/node.h"
#include "openai/prompt.h"

namespace moongate::openai {

void read_chat(const Node& body, Prompt& out);
void read_completions(const Node& body, Prompt& out);

}  // namespace moongate::openai
