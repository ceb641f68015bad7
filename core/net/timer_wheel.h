// Deadlines of a worker's waits: O(1) to set, to move later and to drop, for tens of thousands at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace moongate {

// A place in a circular list; links itself out on destruction.
struct TimerLink {
  TimerLink* prev = this;
  TimerLink* next = this;
  TimerLink() = default;
  TimerLink(const TimerLink&) = delete;
  TimerLink& operator=(const TimerLink&) = delete;
  ~TimerLink() { unlink(); }
  bool linked() const { return next != this; }
  void unlink() {
    prev->next = next;
    next->prev = prev;
    prev = next = this;
  }
  void insert_before(TimerLink& place) {
    prev = place.prev;
    next = &place;
    prev->next = this;
    place.prev = this;
  }
};

// One deadline. Moving it later is a store (its slot is looked at when it comes up, and the timer put further
// back); only moving it earlier touches the wheel. May be destroyed at any time.
class Timer : private TimerLink {
 public:
  Timer() = default;
  virtual ~Timer() = default;

  bool armed() const { return deadline_ != 0; }
  MonoMs deadline() const { return deadline_; }

 protected:
  // Called by the wheel, once, with the timer disarmed. May set any timer; may destroy none but this one.
  virtual void on_expired() = 0;

 private:
  friend class TimerWheel;
  MonoMs deadline_ = 0;    // 0: not armed (it may still sit in a slot, and is dropped when that comes up)
  std::int64_t tick_ = 0;  // when its slot comes up, while linked
};

class TimerWheel {
 public:
  static constexpr MonoMs kTickMs = 8;
  static constexpr std::size_t kSlots = 1024;  // 8.2 s; later deadlines go round

  explicit TimerWheel(MonoMs now) : tick_(now / kTickMs) {}

  // Expires at the first tick at or after `deadline` (up to kTickMs late, never early). 0 disarms.
  void set(Timer& timer, MonoMs deadline);
  void cancel(Timer& timer) { timer.deadline_ = 0; }

  // Expires what is due.
  void advance(MonoMs now);
  // Milliseconds until the next slot with anything in it comes up; `limit` when that is further off.
  int wait_ms(MonoMs now, int limit) const;

 private:
  void link(Timer& timer, std::int64_t tick);

  std::array<TimerLink, kSlots> slots_;
  std::array<std::uint64_t, kSlots / 64> occupied_{};  // may claim too much, never too little
  std::int64_t tick_;  // the last one handled
};

}  // namespace moongate
