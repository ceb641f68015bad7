// The decoders of the three content codings: what has come so far, even when the end is missing.
#pragma once

#include <string>
#include <string_view>

namespace moongate::sim {

std::string decoded(std::string_view wire, std::string_view coding);

}  // namespace moongate::sim
