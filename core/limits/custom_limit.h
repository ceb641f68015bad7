// Limits that a policy makes up by name: a bucket that holds `burst` and fills at a steady rate.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace moongate {

struct CustomLimit {
  std::int64_t capacity = 0;     // so many
  std::int64_t window_ms = 0;    //   in so long,
  std::int64_t burst = 0;        //   and so many at once; 0: capacity
};
// kInvalid says what is wrong, naming rate, per and burst: nothing below 1, at most a day and 1,000 a millisecond.
Status check_custom_limit(const CustomLimit& limit);

struct CustomAnswer {
  bool allowed = false;
  std::int64_t remaining = 0;     // could be taken at once now
  std::int64_t resets_at_ms = 0;  // Unix; allowed: when it is full again; refused: when this would be allowed. 0: never
};

// The arithmetic, in microseconds: `used_until` is the time up to which the limit's past takings fill it.
struct CustomBucket {
  std::int64_t interval_us = 1;   // one unit
  std::int64_t tolerance_us = 1;  // burst units
  explicit CustomBucket(const CustomLimit& limit);
  // Takes `cost` units if they fit. The answer's time is in the scale of `now_us`.
  CustomAnswer take(std::int64_t& used_until, std::int64_t now_us, std::int64_t cost) const;
};

}  // namespace moongate
