#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace moongate {

void TimerWheel::link(Timer& timer, std::int64_t tick) {
  const std::size_t slot = static_cast<std::size_t>(tick) % kSlots;
  timer.tick_ = tick;
  timer.insert_before(slots_[slot]);
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::set(Timer& timer, MonoMs deadline) {
  timer.deadline_ = deadline;
  if (deadline == 0) return;
  const std::int64_t tick = std::clamp<std::int64_t>((deadline + kTickMs - 1) / kTickMs, tick_ + 1,
                                                     tick_ + static_cast<std::int64_t>(kSlots) - 1);
  if (timer.linked() && timer.tick_ <= tick) return;  // its slot comes up in time
  timer.unlink();
  link(timer, tick);
}

void TimerWheel::advance(MonoMs now) {
  const std::int64_t until = now / kTickMs;
  // After a long sleep each slot is looked at once, not once per missed round.
  if (until - tick_ > static_cast<std::int64_t>(kSlots)) tick_ = until - static_cast<std::int64_t>(kSlots);
  while (tick_ < until) {
    ++tick_;
    const std::size_t slot = static_cast<std::size_t>(tick_) % kSlots;
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    if ((occupied_[slot / 64] & bit) == 0) continue;
    occupied_[slot / 64] &= ~bit;
    TimerLink due;  // emptied first: a callback may link into this very slot
    TimerLink& head = slots_[slot];
    if (head.linked()) {
      due.insert_before(head);
      head.unlink();
    }
    while (due.linked()) {
      auto& timer = *static_cast<Timer*>(due.next);
      timer.unlink();
      if (timer.deadline_ == 0) continue;
      if (timer.deadline_ > tick_ * kTickMs) {
        set(timer, timer.deadline_);
        continue;
      }
      timer.deadline_ = 0;
      timer.on_expired();
    }
  }
}

int TimerWheel::wait_ms(MonoMs now, int limit) const {
  const std::size_t first = static_cast<std::size_t>(tick_ + 1) % kSlots;
  for (std::size_t i = 0; i < kSlots;) {
    const std::size_t slot = (first + i) % kSlots;
    const std::uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word == 0) {
      i += 64 - slot % 64;
      continue;
    }
    i += static_cast<std::size_t>(std::countr_zero(word));
    if (i >= kSlots) break;
    const MonoMs due = (tick_ + 1 + static_cast<std::int64_t>(i)) * kTickMs;
    return static_cast<int>(std::clamp<MonoMs>(due - now, 0, limit));
  }
  return limit;
}

}  // namespace moongate
