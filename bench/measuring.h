// Clocks and a histogram: all that the load client knows about measuring.
#pragma once

#include <unistd.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>

namespace moongate::bench {

inline std::int64_t monotonic_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

// CPU that a process has used so far. `total_ns` comes from the process's CPU clock (exact, all threads, also
// those that ended); user and system time from /proc/PID/stat, which counts in ticks of 10 ms and serves for
// the split.
struct CpuTimes {
  std::int64_t total_ns = 0;
  std::int64_t user_ns = 0;
  std::int64_t system_ns = 0;

  CpuTimes since(const CpuTimes& before) const {
    return {total_ns - before.total_ns, user_ns - before.user_ns, system_ns - before.system_ns};
  }
};

// All zero for pid 0, and for a process that is gone.
inline CpuTimes cpu_times_of(pid_t pid) {
  CpuTimes times;
  if (pid == 0) return times;
  std::string path = "/proc/" + std::to_string(pid) + "/stat";
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    unsigned long long user = 0, system = 0;
    // The second field is the program's name in parentheses; ours and nginx's contain no ')' of their own.
    if (std::fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                    &system) == 2) {
      std::int64_t tick_ns = 1'000'000'000LL / sysconf(_SC_CLK_TCK);
      times.user_ns = static_cast<std::int64_t>(user) * tick_ns;
      times.system_ns = static_cast<std::int64_t>(system) * tick_ns;
    }
    std::fclose(file);
  }
  clockid_t clock = 0;
  timespec t{};
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &t) == 0) {
    times.total_ns = t.tv_sec * 1'000'000'000LL + t.tv_nsec;
  } else {
    times.total_ns = times.user_ns + times.system_ns;
  }
  return times;
}

// Counts of nanoseconds in buckets 1/64 of a power of two wide: percentiles are right to 1.6 %.
class Histogram {
 public:
  void add(std::int64_t ns) {
    if (ns < 0) ns = 0;
    ++buckets_[bucket_of(static_cast<std::uint64_t>(ns))];
    ++count_;
    sum_ += ns;
    if (ns > max_) max_ = ns;
  }
  std::int64_t count() const { return count_; }
  std::int64_t max() const { return max_; }
  double mean() const { return count_ ? static_cast<double>(sum_) / static_cast<double>(count_) : 0; }
  // The middle of the bucket in which the share `p` of all values is reached; 0 when empty.
  double percentile(double p) const {
    double wanted = p * static_cast<double>(count_);
    double seen = 0;
    for (unsigned i = 0; i < buckets_.size(); ++i) {
      seen += static_cast<double>(buckets_[i]);
      if (buckets_[i] != 0 && seen >= wanted) return middle_of(i);
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 6;
  static unsigned bucket_of(std::uint64_t v) {
    if (v < (1u << kBits)) return static_cast<unsigned>(v);
    unsigned shift = static_cast<unsigned>(std::bit_width(v)) - 1 - kBits;
    return ((shift + 1) << kBits) + static_cast<unsigned>((v >> shift) & ((1u << kBits) - 1));
  }
  static double middle_of(unsigned bucket) {
    if (bucket < (1u << kBits)) return bucket;
    unsigned shift = (bucket >> kBits) - 1;
    double low = static_cast<double>((1ull << kBits) + (bucket & ((1u << kBits) - 1))) *
                 static_cast<double>(1ull << shift);
    return low + static_cast<double>(1ull << shift) / 2;
  }

  std::array<std::int64_t, (64 - kBits + 1) << kBits> buckets_{};
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace moongate::bench
