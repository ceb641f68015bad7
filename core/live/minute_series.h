// What a gateway did, minute by minute: differences of the counters that it keeps anyway.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "base/money.h"
#include "meter/metrics.h"

namespace moongate {

// Thread-safe. Keeps a day.
class MinuteSeries {
 public:
  struct Minute {
    std::int64_t start_s = 0;
    MetricTotals sums;            // of this minute
    NanoDollars cost_nano = 0;
  };
  // The counters as of now; called every few seconds.
  void sample(const MetricTotals& totals, std::int64_t now_s, std::int64_t mono_ms);
  void add_cost(std::int64_t at_s, NanoDollars cost_nano);

  // Those that began in [from, to), the oldest first; minutes of which nothing is known are left out.
  std::vector<Minute> minutes(std::int64_t from_s, std::int64_t to_s) const;
  // Of the last sixty seconds.
  MetricTotals last_minute() const;

 private:
  static constexpr std::size_t kKept = 24 * 60 + 1;
  static constexpr std::int64_t kRollingMs = 60'000;
  struct Sample {
    std::int64_t mono_ms = 0;
    MetricTotals totals;
  };
  Minute& minute_of(std::int64_t at_s);

  mutable std::mutex mutex_;
  std::deque<Minute> minutes_;
  std::deque<Sample> samples_;  // the oldest is the last one that is at least a minute old
};

// The latency that the share `part` (0.5, 0.95) of the requests did not exceed, in ms: read from the buckets, in between
// as if evenly spread. Nothing when there were none.
std::optional<double> quantile_ms(const MetricTotals& sums, double part);

}  // namespace moongate
