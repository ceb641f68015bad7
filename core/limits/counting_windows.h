// Counters over time, for one limit each. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace moongate {

// The last 60 seconds, second by second: what was added in a second counts until 60 seconds after that second began.
// Time that steps back is not followed.
class SlidingMinute {
 public:
  static constexpr std::int64_t kSeconds = 60;

  // Drops what is too old. The second in which to add.
  std::int64_t advance(std::int64_t second);
  std::int64_t used() const { return sum_; }
  // In the second `second`, which may lie back; nothing when it is out of the window already.
  void add(std::int64_t second, std::int64_t amount);
  // The first second at which no more than `most` is used, if nothing is added.
  std::int64_t falls_to(std::int64_t most) const;
  bool idle() const { return sum_ == 0; }
  std::int64_t last() const { return last_; }

 private:
  std::unique_ptr<std::array<std::int64_t, kSeconds>> seconds_;  // by second % 60; made with the first amount
  std::int64_t sum_ = 0;
  std::int64_t last_ = 0;
};

// A calendar's day or month, by its number. A clock that steps back a little (by one window) does not open the old one
// again; one that steps back further takes the count along, so that neither is the count forgotten nor the end put off.
class CalendarWindow {
 public:
  // The window in which to add.
  std::int64_t advance(std::int64_t index);
  std::int64_t used() const { return used_; }
  // Nothing when that window is over.
  void add(std::int64_t index, std::int64_t amount) {
    if (index == index_) used_ += amount;
  }
  void at_least(std::int64_t amount) {
    if (used_ < amount) used_ = amount;
  }
  bool idle(std::int64_t index) const { return used_ == 0 || index_ < index; }

 private:
  std::int64_t index_ = 0;
  std::int64_t used_ = 0;
};

}  // namespace moongate
