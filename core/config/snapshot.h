// What a worker swaps in whole when settings, map or key files have changed.
#pragma once

#include <memory>

#include "config/client_index.h"
#include "config/map.h"
#include "config/settings.h"

namespace moongate {

struct Snapshot {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<const MapConfig> map;
  std::shared_ptr<const ClientIndex> clients;  // over `map`
};

}  // namespace moongate
