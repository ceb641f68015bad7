#include "limits/custom_limit.h"

#include <algorithm>

namespace moongate {
namespace {

constexpr std::int64_t kMostUnits = 1'000'000'000;
constexpr std::int64_t kLongestMs = 86'400'000;

}  // namespace

Status check_custom_limit(const CustomLimit& limit) {
  const auto refuse = [](const char* why) { return Error(ErrorKind::kInvalid, why); };
  if (limit.capacity < 1 || limit.capacity > kMostUnits) return refuse("the rate must be from 1 to 1000000000");
  if (limit.window_ms < 1 || limit.window_ms > kLongestMs) return refuse("the time must be from a millisecond to a day");
  if (limit.capacity > limit.window_ms * 1000) return refuse("the rate must be at most 1000 a millisecond");
  if (limit.burst < 0 || limit.burst > kMostUnits) return refuse("the burst must be from 1 to 1000000000");
  // Times of the bucket stay within the 53 bits that a script in Redis has.
  const std::int64_t units = limit.burst == 0 ? limit.capacity : limit.burst;
  const __int128 tolerance = static_cast<__int128>(units) * ((limit.window_ms * 1000 + limit.capacity - 1) / limit.capacity);
  if (tolerance > static_cast<__int128>(kLongestMs) * 1000 * 366) return refuse("the burst takes more than a year to fill");
  return Status();
}

// The interval is rounded up, and everything else is a multiple of it: exactly `burst` fit at once.
CustomBucket::CustomBucket(const CustomLimit& limit)
    : interval_us((limit.window_ms * 1000 + limit.capacity - 1) / limit.capacity),
      tolerance_us(interval_us * (limit.burst == 0 ? limit.capacity : limit.burst)) {}

CustomAnswer CustomBucket::take(std::int64_t& used_until, std::int64_t now_us, std::int64_t cost) const {
  const std::int64_t units = tolerance_us / interval_us;
  // What a clock that stepped back has left in the future fills the bucket, no more.
  std::int64_t filled = std::clamp<std::int64_t>(used_until - now_us, 0, tolerance_us);
  const std::int64_t wanted = std::clamp<std::int64_t>(cost, 0, units + 1) * interval_us;
  CustomAnswer answer;
  answer.allowed = filled + wanted <= tolerance_us;
  if (answer.allowed) filled += wanted;
  used_until = now_us + filled;
  answer.remaining = (tolerance_us - filled) / interval_us;
  if (answer.allowed) {
    answer.resets_at_ms = (used_until + 999) / 1000;
  } else if (cost <= units) {
    answer.resets_at_ms = (now_us + filled + wanted - tolerance_us + 999) / 1000;
  }
  return answer;
}

}  // namespace moongate
