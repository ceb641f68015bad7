// "Did you mean …": the known name that is closest to a mistyped one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace moongate {

// How many insertions, deletions, replacements and swaps of neighbours turn `a` into `b`. Only the first
// kNearestBytes of each count, so that a hostile name costs no more than an honest one.
inline constexpr std::size_t kNearestBytes = 64;
std::size_t edit_distance(std::string_view a, std::string_view b);

// The closest of `known` (the first of equals), however far; empty only when `known` is. A dotted name whose
// last part is exactly `name` wins over all others: "http" means "listen.http".
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> known);

// `text` fit to stand in a message: control bytes and broken UTF-8 replaced, cut after `max_bytes`.
std::string quotable(std::string_view text, std::size_t max_bytes = 60);

}  // namespace moongate
