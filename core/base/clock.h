// Time, given from outside so that tests can turn it by hand.
#pragma once

#include <atomic>
#include <cstdint>

namespace moongate {

// Milliseconds on the monotonic clock. 0 means "never" where a deadline is expected.
using MonoMs = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t mono_ns() const = 0;  // never steps back
  virtual std::int64_t unix_ns() const = 0;  // wall clock; may step

  MonoMs mono_ms() const { return mono_ns() / 1'000'000; }
  std::int64_t unix_ms() const { return unix_ns() / 1'000'000; }
  std::int64_t unix_seconds() const { return unix_ns() / 1'000'000'000; }
};

class SystemClock final : public Clock {
 public:
  std::int64_t mono_ns() const override;
  std::int64_t unix_ns() const override;
};

// Stands still until it is moved. Safe to read from any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_start_seconds = 1'700'000'000)
      : mono_ns_(1'000'000'000), unix_ns_(unix_start_seconds * 1'000'000'000) {}
  std::int64_t mono_ns() const override { return mono_ns_.load(); }
  std::int64_t unix_ns() const override { return unix_ns_.load(); }
  void advance_ms(std::int64_t ms) {
    mono_ns_ += ms * 1'000'000;
    unix_ns_ += ms * 1'000'000;
  }
  // The wall clock alone, as when NTP corrects it.
  void step_unix_ms(std::int64_t ms) { unix_ns_ += ms * 1'000'000; }

 private:
  std::atomic<std::int64_t> mono_ns_;
  std::atomic<std::int64_t> unix_ns_;
};

}  // namespace moongate
