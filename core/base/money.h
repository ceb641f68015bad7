// Money is counted in nano-dollars: whole numbers, no rounding until a bill is rounded once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moongate {

// 1 dollar = 1'000'000'000. The range, nine thousand million dollars, is beyond any balance here.
using NanoDollars = std::int64_t;
inline constexpr NanoDollars kNanosPerDollar = 1'000'000'000;

// "12", "12.5", "-0.000000001", "+3": at most nine places after the point. Nothing: it is no such number, or out of range.
std::optional<NanoDollars> parse_dollars(std::string_view text);
// At least two places and as many as it takes: "12.50", "-0.000000001". No sign for a positive amount, no currency mark.
std::string format_dollars(NanoDollars amount);

}  // namespace moongate
