// One key file of data/json. Inside core/config only.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/json_reader.h"
#include "config/map.h"

namespace moongate {

// Error: the file cannot be read at all; the message goes on from the file's name. A null pointer: it was read, and
// what is wrong with its content has been appended to `problems`, with the place in the key file.
// `environment` must not be empty.
Result<std::shared_ptr<const Credential>> read_credential_file(const std::string& path, const std::string& name,
                                                               const Settings& settings, const MapHooks& hooks,
                                                               const EnvironmentLookup& environment,
                                                               std::vector<Problem>& problems);

// The same for a key file's text, wherever it came from; `file` names it in problems. A null pointer: it cannot be used.
std::shared_ptr<const Credential> read_credential_text(std::string_view text, const std::string& file,
                                                       const std::string& name, const Settings& settings,
                                                       const MapHooks& hooks, const EnvironmentLookup& environment,
                                                       std::vector<Problem>& problems);

// What is wrong with an API key as a header's value; kInvalid, the message goes on from "api_key".
Status check_api_key(std::string_view key);

}  // namespace moongate
