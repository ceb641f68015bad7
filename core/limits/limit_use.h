// How much of a level's limits is used now, to be shown: nothing is reserved, and nothing is decided by it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache/cache.h"
#include "limits/limit_types.h"

namespace moongate {

using LimitUse = std::array<std::int64_t, kLimitKinds>;  // by kind; -1: not known

// Under which the counters of a level are kept: "client:c-…".
std::string limit_key(LimitLevel level, std::string_view id);

// From the counters that gateways share in Redis. Failures as Cache::eval has them.
Task<Result<LimitUse>> read_shared_use(Cache& cache, std::string key, std::int64_t now_ms);

}  // namespace moongate
