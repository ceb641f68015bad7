// What the user API asks of the gateway that it runs in. Each may be empty.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/terms.h"
#include "limits/limit_types.h"

namespace moongate {

// A client that has no key in the store: of the map, or a virtual service account.
struct OtherClient {
  std::string name;       // as the ledger has it
  std::string user_name;  // who pays, where the map says so; empty: the store knows, or nobody
  std::string level_id;   // under which its own limits are counted
  Terms terms;
};

struct PeopleHooks {
  // Whose credential that is. Called on the handler's thread.
  std::function<std::optional<OtherClient>(std::string_view credential)> other_client;
  // How much of each kind of limit is used now; -1: not known.
  std::function<std::array<std::int64_t, kLimitKinds>(LimitLevel level, std::string_view id)> used;
};

}  // namespace moongate
