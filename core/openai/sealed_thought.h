// What a provider thought, in the sealed form that a client keeps for it between two requests (encrypted_content): only the
// provider's own seal makes it worth anything.
#pragma once

#include <string>
#include <string_view>

#include "openai/prompt.h"

namespace moongate::openai {

std::string seal_thought(std::string_view thought, std::string_view signature);  // Claude's
std::string seal_hidden_thought(std::string_view data);                          // Claude's, not shown
std::string seal_call_signature(std::string_view signature);                     // Gemini's, of the call that follows

// Into a thought's block, or `call_signature`. False: it is none of ours; then nothing is read.
bool open_thought(std::string_view sealed, Prompt& out, Block& thought, std::string_view& call_signature);

}  // namespace moongate::openai
