// `moongate check`, as far as settings, map and credentials go.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/map.h"
#include "config/settings.h"

namespace moongate {

struct CheckReport {
  Settings settings;
  std::shared_ptr<const MapConfig> map;  // nullptr: not usable
  std::vector<Problem> problems;

  // 0: nothing, or only warnings; 1: at least one error.
  int exit_status() const { return has_errors(problems) ? 1 : 0; }
};

// Everything that can be found without serving: all problems of settings, map and key files, files that the
// settings name and that are not there, and key files that the map does not use.
CheckReport check_configuration(const SettingsSources& sources, const AmbientCredentials& ambient,
                                const MapHooks& hooks = {});

// One line each: "error: file:line:column: path: message" or "warning: …", errors first, otherwise as found.
std::string format_problems(const std::vector<Problem>& problems);

}  // namespace moongate
