// What the readers of OpenAI's request forms have in common.
#pragma once

#include <string_view>
#include <vector>

#include "openai/node.h"
#include "openai/prompt.h"

namespace moongate::openai {

// An image's or a file's address: a "data:" URL with base64, or https.
void read_url(const Node& place, std::string_view url, Block& out);
// Base64, or a "data:" URL with it.
void read_file_data(const Node& place, Block& out);

// temperature, top_p, penalties, seed, stop, and the members that both forms refuse.
void read_sampling(const Node& body, Prompt& out);
Effort read_effort(const Node& effort);
// {"data", "format"}
void read_audio(const Node& audio, Block& out);
// {"name", "description", "parameters", "strict"}
void read_function(const Node& function, Prompt& out);
// {"type": "json_schema", …} whose schema stands in `schema`.
void read_format(const Node& format, const Node& schema, Prompt& out);
// "auto", "none", "required". False: another word, which is refused.
void read_choice_word(const Node& choice, Prompt& out);
// Leaves only the functions that `tools` names.
void keep_allowed_tools(const Node& tools, Prompt& out);

// A call's arguments: the text of a JSON object; "" and null are "{}".
std::string_view read_arguments(const Node& arguments);

}  // namespace moongate::openai
