// A map that is not in its file yet.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "config/map.h"

namespace moongate {

// load_map(), as if `text` stood in map.file. The key files that it names are read from their folder.
std::shared_ptr<const MapConfig> load_map_text(const Settings& settings, const AmbientCredentials& ambient,
                                               std::string_view text, std::vector<Problem>& problems,
                                               const MapHooks& hooks = {});

}  // namespace moongate
