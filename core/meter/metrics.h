// Counters of the gateway, in Prometheus's text format. Label values come from fixed lists; what operators' policies
// add is bounded in number.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "meter/access_log.h"

namespace moongate {

// Upper bounds in seconds of the latency histograms.
inline constexpr std::array<double, 14> kLatencyBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                           0.25,  0.5,    1,     2.5,  10,    60,   300};

struct Histogram {
  std::array<std::atomic<std::uint64_t>, kLatencyBuckets.size() + 1> counts{};  // not cumulative; the last is +Inf
  std::atomic<std::uint64_t> sum_us{0};
  void observe_us(std::int64_t us);
};

// One worker's share: written by its thread alone, read by whoever scrapes; no locks, no contention.
class MetricsShard {
 public:
  // Everything that a finished exchange counts for.
  void count(const AccessRecord& record);
  void count_refused_connection() { add(refused_connections, 1); }
  // `hook`: "authenticate", …; `kind`: "error", "cpu-budget", "memory", "result". Literals.
  void count_policy_error(std::string_view hook, std::string_view kind);
  void set_connections(std::size_t clients, std::size_t idle_upstream) {
    client_connections.store(clients, std::memory_order_relaxed);
    idle_upstream_connections.store(idle_upstream, std::memory_order_relaxed);
  }

  static constexpr std::size_t kProviders = 5;     // the last: none
  static constexpr std::size_t kDialects = 7;      // the last: another
  static constexpr std::size_t kStatusClasses = 6; // 0: nothing was sent
  static constexpr std::size_t kTokenKinds = 8;
  static constexpr std::size_t kHooks = 10;        // the last: another
  static constexpr std::size_t kFailures = 5;      // the last: another
  using Counter = std::atomic<std::uint64_t>;

  std::array<std::array<std::array<std::array<Counter, kOutcomes>, kStatusClasses>, kDialects>, kProviders> requests{};
  std::array<std::array<Counter, kTokenKinds>, kProviders> tokens{};
  std::array<Histogram, kProviders> duration{};
  std::array<Histogram, kProviders> first_byte{};
  std::array<std::array<Counter, kFailures>, kHooks> policy_errors{};
  Counter bytes_in{0}, bytes_out{0}, refused_connections{0};
  Counter client_connections{0}, idle_upstream_connections{0};

 private:
  static void add(Counter& counter, std::uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
};

// A metric that a policy has defined.
struct UserMetric {
  enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };
  Kind kind = Kind::kCounter;
  std::string name;
  std::string help;
  std::vector<std::string> labels;
  std::vector<double> buckets;
};

// One sample that is computed when asked for ("moongate_ready 1").
struct Sample {
  std::string_view name;    // with labels, if any: `x{y="z"}`
  std::string_view help;
  std::string_view type;    // "gauge" or "counter"
  double value = 0;
};

class Metrics {
 public:
  static constexpr std::size_t kMaxUserMetrics = 64;
  static constexpr std::size_t kMaxSeries = 200;   // of one user metric

  explicit Metrics(int workers);
  ~Metrics();

  MetricsShard& shard(int worker) { return *shards_[static_cast<std::size_t>(worker)]; }

  // A number for the metric; the same for the same definition. kInvalid: a name or label that Prometheus does not take,
  // or one that is taken by another definition or by the gateway (moongate_…). kTooLarge: kMaxUserMetrics. Thread-safe.
  Result<int> define(const UserMetric& metric);
  // Thread-safe. Counter: adds; gauge: sets when `set`, else adds; histogram: observes. A label set beyond kMaxSeries is
  // dropped and counted.
  void update(int metric, std::span<const std::string_view> label_values, double value, bool set);

  // The whole exposition, ending in "\n". `extra`: samples that others compute.
  std::string render(std::span<const Sample> extra) const;

 private:
  struct User;
  std::vector<std::unique_ptr<MetricsShard>> shards_;
  std::unique_ptr<User> user_;
};

}  // namespace moongate
