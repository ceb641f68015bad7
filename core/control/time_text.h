// Times as administrators write them. Everything is UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace moongate {

// "2026-11-20T20:03:05Z", with an offset ("+01:00") instead of Z, without seconds, or "2026-11-20" for its midnight.
// Nothing: no such time. Unix seconds; a fraction is cut off.
std::optional<std::int64_t> parse_time(std::string_view text);

struct Period {
  std::int64_t from_s = 0, to_s = 0;  // [from, to)
};
// "2026", "2026-11" or "2026-11-20": the whole year, month or day.
std::optional<Period> parse_period(std::string_view text);
// The month that `now_s` lies in.
Period month_of(std::int64_t now_s);

// "2026-11-20"
std::string day_of(std::int64_t unix_s);

}  // namespace moongate
