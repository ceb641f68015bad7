#include "base/clock.h"

#include <ctime>

namespace moongate {
namespace {
std::int64_t read_ns(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000'000 + ts.tv_nsec;
}
}  // namespace

std::int64_t SystemClock::mono_ns() const { return read_ns(CLOCK_MONOTONIC); }
std::int64_t SystemClock::unix_ns() const { return read_ns(CLOCK_REALTIME); }

}  // namespace moongate
