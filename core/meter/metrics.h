// What the gateway counts of itself, in Prometheus's text format; docs/metrics.md lists it all. Label values come from
// fixed lists, so that no caller can make series; what policies add is bounded (user_metrics.h).
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
#include "meter/user_metrics.h"

namespace moongate {

// Upper bounds in seconds of the latency histograms: added latency at the low end, long answers at the high.
inline constexpr std::array<double, 18> kLatencyBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                           1,     2.5,    5,     10,   30,    60,   120, 300,  600};

struct LatencyHistogram {
  std::array<std::atomic<std::uint64_t>, kLatencyBuckets.size() + 1> counts{};  // not summed up; the last is +Inf
  std::atomic<std::uint64_t> sum_us{0};
  void observe_us(std::int64_t us);  // negative: nothing was measured
};

// All that went through, in a few sums, for who shows it rather than scrapes it. Health checks and conversations' own
// questions (dialect "plain") do not count.
struct MetricTotals {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;  // an account was chosen and the answer was none, cut or a refusal; or the answer was a 5xx
  std::uint64_t input_tokens = 0, output_tokens = 0;                // cached input and thoughts included
  std::array<std::uint64_t, kLatencyBuckets.size() + 1> durations{};  // of requests for which an account was chosen
  void add(const MetricTotals& more);
};

// One worker's share: written by its thread alone, without locks or locked instructions, and read by whoever scrapes.
class MetricsShard {
 public:
  explicit MetricsShard(UserMetrics& user) : user_(user) {}

  // Everything that a finished exchange counts for.
  void count(const AccessRecord& record);
  void count_refused_connection() { add(refused_connections_, 1); }
  // `hook` ("auth.authenticate", …) and `kind` ("error", "cpu-budget", "memory", "result", "waits"): others count as
  // "other".
  void count_policy_error(std::string_view hook, std::string_view kind);
  // As of now. `busy_upstream`: lent to exchanges; negative: not known.
  void set_connections(std::size_t clients, std::size_t idle_upstream, std::int64_t busy_upstream = -1);
  // A policy's metric, as UserMetricShard::update.
  void update(int metric, std::span<const std::string_view> label_values, double value, bool set) {
    user_.update(metric, label_values, value, set);
  }

 private:
  friend class Metrics;
  static constexpr std::size_t kProviders = 5;      // the last: none was chosen
  static constexpr std::size_t kDialects = 7;       // the last: another
  static constexpr std::size_t kStatusClasses = 6;  // the first: nothing was sent
  static constexpr std::size_t kTokenKinds = 9;
  static constexpr std::size_t kHooks = 10;         // the last: another
  static constexpr std::size_t kFailures = 6;       // the last: another
  using Counter = std::atomic<std::uint64_t>;

  static void add(Counter& counter, std::uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<std::array<std::array<std::array<Counter, kOutcomes>, kStatusClasses>, kDialects>, kProviders> requests_{};
  std::array<std::array<Counter, kTokenKinds>, kProviders> tokens_{};
  std::array<LatencyHistogram, kProviders> duration_{};
  std::array<LatencyHistogram, kProviders> first_byte_{};
  std::array<std::array<Counter, kFailures>, kHooks> policy_errors_{};
  Counter bytes_in_{0}, bytes_out_{0}, refused_connections_{0};
  Counter client_connections_{0}, idle_upstream_{0}, busy_upstream_{0};
  std::atomic<bool> busy_known_{false};
  UserMetricShard user_;
};

// One sample that others compute when asked for. Those of one family stand together.
struct Sample {
  std::string_view name;    // with labels, if any: `x{y="z"}`
  std::string_view help;
  std::string_view type;    // "gauge" or "counter"
  double value = 0;
};

class Metrics {
 public:
  explicit Metrics(int workers);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Lives as long as this. `worker` counts from 0.
  MetricsShard& shard(int worker) { return *shards_[static_cast<std::size_t>(worker)]; }

  // As UserMetrics::define. Thread-safe.
  Result<int> define(const UserMetric& metric) { return user_.define(metric); }
  // For threads that are no worker; takes a lock. A worker uses its shard's update().
  void update(int metric, std::span<const std::string_view> label_values, double value, bool set);

  // Thread-safe. `what`: "map", "policy", "certificate" or "settings"; others count as "other".
  void count_reload(std::string_view what, bool ok);

  // Thread-safe.
  MetricTotals totals() const;
  // The whole exposition, ending in "\n". Thread-safe. `extra`: what others compute, in no family of ours.
  std::string render(std::span<const Sample> extra) const;

 private:
  static constexpr std::size_t kReloadable = 5;  // the last: another
  using Shards = std::vector<std::unique_ptr<MetricsShard>>;

  template <class CounterOf>
  std::uint64_t sum(CounterOf&& counter_of) const;
  void render_requests(Exposition& text) const;
  void render_latencies(Exposition& text) const;
  void render_connections(Exposition& text) const;

  UserMetrics user_;
  Shards shards_;
  std::mutex update_mutex_;
  UserMetricShard elsewhere_{user_};  // of threads that are no worker
  std::array<std::array<std::atomic<std::uint64_t>, 2>, kReloadable> reloads_{};
};

// What Prometheus's own clients tell of a process: CPU time, memory, open files, start.
void render_process_metrics(Exposition& text);

}  // namespace moongate
