#include "limits/counting_windows.h"

#include <algorithm>

namespace moongate {

std::int64_t SlidingMinute::advance(std::int64_t second) {
  if (second <= last_) return last_;
  if (sum_ != 0 && seconds_) {
    const std::int64_t steps = std::min(second - last_, kSeconds);
    for (std::int64_t i = 1; i <= steps; ++i) {
      std::int64_t& oldest = (*seconds_)[static_cast<std::size_t>((last_ + i) % kSeconds)];
      sum_ -= oldest;
      oldest = 0;
    }
  } else if (seconds_) {
    seconds_->fill(0);  // seconds may cancel each other out
  }
  last_ = second;
  return last_;
}

void SlidingMinute::add(std::int64_t second, std::int64_t amount) {
  if (amount == 0 || second > last_ || second <= last_ - kSeconds) return;
  if (!seconds_) seconds_ = std::make_unique<std::array<std::int64_t, kSeconds>>();
  (*seconds_)[static_cast<std::size_t>(second % kSeconds)] += amount;
  sum_ += amount;
}

std::int64_t SlidingMinute::falls_to(std::int64_t most) const {
  std::int64_t left = sum_;
  if (left <= most || !seconds_) return last_;
  for (std::int64_t second = last_ - kSeconds + 1; second <= last_; ++second) {
    left -= (*seconds_)[static_cast<std::size_t>(second % kSeconds)];
    if (left <= most) return second + kSeconds;
  }
  return last_ + kSeconds;
}

std::int64_t CalendarWindow::advance(std::int64_t index) {
  if (index > index_) {
    index_ = index;
    used_ = 0;
  } else if (index < index_ - 1) {
    index_ = index;
  }
  return index_;
}

}  // namespace moongate
