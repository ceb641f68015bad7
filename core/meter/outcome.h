// How an exchange ended.
#pragma once

#include <cstdint>
#include <string_view>

namespace moongate {

enum class Outcome : std::uint8_t { kPending, kDone, kRejected, kClientGone, kUpstreamCut, kTimeout, kError };
inline constexpr std::size_t kOutcomes = 7;

// "done", "client-gone", "upstream-cut", "timeout", "rejected", "error"; "pending" while it runs
std::string_view to_string(Outcome outcome);

}  // namespace moongate
