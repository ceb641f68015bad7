// A worker's command line and environment, made from settings.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace moongate {

// Words at white space; '…' and "…" hold words together, a backslash takes the next character as it is (not within '…').
// Nothing else means anything: there is no shell. kInvalid: a quote that does not end, or no word at all.
Result<std::vector<std::string>> split_command(std::string_view text);

// The words with "{model}" replaced in each. `model` comes from a caller: see is_plain_name().
std::vector<std::string> fill_in(const std::vector<std::string>& words, std::string_view model);

// Letters, digits and . _ : @ / -, and no option: what may stand in a command line.
bool is_plain_name(std::string_view name);

// "NAME=value" each: PATH as it is here, HOME and TMPDIR in `folder`, and those of `names` (commas between them) that are
// set in `own`, which win. Nothing else is inherited.
std::vector<std::string> worker_environment(std::string_view names, const std::string& folder,
                                            const std::vector<std::pair<std::string, std::string>>& own);
std::vector<std::pair<std::string, std::string>> own_environment();

}  // namespace moongate
