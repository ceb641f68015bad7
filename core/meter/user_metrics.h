// Metrics that policies define (moon.metrics): bounded in number, in names and in label sets.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "meter/exposition.h"

namespace moongate {

struct UserMetric {
  enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };
  Kind kind = Kind::kCounter;
  std::string name;
  std::string help;
  std::vector<std::string> labels;
  std::vector<double> buckets;  // kHistogram: upper bounds, rising; empty: those of the gateway's own latencies
};

class UserMetricShard;

// What all threads share: the definitions, which label sets there are, and the gauges (set by whoever did so last).
// Thread-safe.
class UserMetrics {
 public:
  static constexpr std::size_t kMaxMetrics = 64;
  static constexpr std::size_t kMaxSeries = 200;      // label sets of one metric
  static constexpr std::size_t kMaxLabels = 8;
  static constexpr std::size_t kMaxLabelValue = 128;  // bytes; longer ones are cut
  static constexpr std::size_t kMaxBuckets = 50;

  // A number for the metric; the same for the same definition, whoever asks (a changed help text is no other
  // definition). kInvalid: a name, label or bucket that Prometheus does not take, or a name that is taken by another
  // definition or by the gateway (moongate_…, process_…). kTooLarge: there are kMaxMetrics.
  Result<int> define(const UserMetric& metric);

  // Appends all families: counters and histograms summed over the shards.
  void render(std::string& out, std::span<const UserMetricShard* const> shards) const;

 private:
  friend class UserMetricShard;
  struct Series {
    std::atomic<double> value{0};  // histograms: the sum of what was observed
    std::unique_ptr<std::atomic<std::uint64_t>[]> buckets;
  };
  struct Entry {
    UserMetric metric;
    std::unordered_set<std::string> admitted;                          // label sets, as keys
    std::unordered_map<std::string, std::unique_ptr<Series>> gauges;   // kGauge
    bool overflown = false;
  };

  // nullptr: no such metric. Without a lock: entries are published once and stay.
  const UserMetric* find(int metric) const;
  // Whether this label set may have a series of its own.
  bool admit(int metric, const std::string& key);
  Series* gauge(int metric, const std::string& key);

  std::array<std::atomic<Entry*>, kMaxMetrics> published_{};
  mutable std::mutex mutex_;  // all below, and what is in the entries beside `metric`
  std::vector<std::unique_ptr<Entry>> entries_;
  std::atomic<std::uint64_t> overflows_{0};
};

// One thread's share. update() is for that thread alone, and takes no lock once a label set has been seen.
class UserMetricShard {
 public:
  explicit UserMetricShard(UserMetrics& all) : all_(all) {}
  UserMetricShard(const UserMetricShard&) = delete;
  UserMetricShard& operator=(const UserMetricShard&) = delete;

  // Counter: adds `value` (negative ones are ignored). Gauge: sets it when `set`, else adds. Histogram: observes. One
  // label value for each label; missing ones are empty. A label set beyond kMaxSeries counts under "other" in every
  // label. NaN is ignored, as is an unknown metric.
  void update(int metric, std::span<const std::string_view> label_values, double value, bool set);

 private:
  friend class UserMetrics;
  using Series = UserMetrics::Series;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
  };
  struct Share {
    std::unordered_map<std::string, Series*, Hash, std::equal_to<>> by_labels;
    std::vector<std::unique_ptr<Series>> owned;
  };

  Series* find_or_make(int metric, const UserMetric& definition, std::span<const std::string_view> label_values);
  Series* find_or_make(int metric, const UserMetric& definition, const std::string& key);

  UserMetrics& all_;
  std::string key_;           // reused
  mutable std::mutex mutex_;  // taken to add a series, and to read them from outside
  std::array<Share, UserMetrics::kMaxMetrics> shares_;
};

}  // namespace moongate
