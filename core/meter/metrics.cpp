#include "meter/metrics.h"

#include "meter/metric_names.h"

namespace moongate {

namespace names = metric_names;

void LatencyHistogram::observe_us(std::int64_t us) {
  if (us < 0) return;
  const double seconds = static_cast<double>(us) / 1e6;
  const auto bucket = std::lower_bound(kLatencyBuckets.begin(), kLatencyBuckets.end(), seconds);
  auto& count = counts[static_cast<std::size_t>(bucket - kLatencyBuckets.begin())];
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sum_us.store(sum_us.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(us), std::memory_order_relaxed);
}

void MetricsShard::count(const AccessRecord& record) {
  static_assert(names::kProviders.size() == kProviders && names::kDialects.size() == kDialects &&
                names::kStatusClasses.size() == kStatusClasses && names::kTokenKinds.size() == kTokenKinds &&
                names::kHooks.size() == kHooks && names::kFailures.size() == kFailures);
  const std::size_t provider = names::index_of(names::kProviders, record.provider);
  const std::size_t dialect = names::index_of(names::kDialects, record.dialect);
  const auto status = static_cast<std::size_t>(std::clamp(record.status / 100, 0, 5));
  const auto outcome = std::min(static_cast<std::size_t>(record.outcome), kOutcomes - 1);
  add(requests_[provider][dialect][status][outcome], 1);
  const Usage& usage = record.usage;
  const std::int64_t counts[kTokenKinds] = {usage.input,       usage.cache_write_5m, usage.cache_write_1h,
                                            usage.cache_read,  usage.output,         usage.thoughts,
                                            usage.tool_prompt, usage.audio_input,    usage.web_searches};
  for (std::size_t kind = 0; kind < kTokenKinds; ++kind) {
    if (counts[kind] > 0) add(tokens_[provider][kind], static_cast<std::uint64_t>(counts[kind]));
  }
  duration_[provider].observe_us(record.duration_us);
  first_byte_[provider].observe_us(record.ttfb_us);
  add(bytes_in_, record.bytes_in);
  add(bytes_out_, record.bytes_out);
}

void MetricsShard::count_policy_error(std::string_view hook, std::string_view kind) {
  add(policy_errors_[names::index_of(names::kHooks, hook)][names::index_of(names::kFailures, kind)], 1);
}

void MetricsShard::set_connections(std::size_t clients, std::size_t idle_upstream, std::int64_t busy_upstream) {
  client_connections_.store(clients, std::memory_order_relaxed);
  idle_upstream_.store(idle_upstream, std::memory_order_relaxed);
  busy_upstream_.store(busy_upstream < 0 ? 0 : static_cast<std::uint64_t>(busy_upstream), std::memory_order_relaxed);
  busy_known_.store(busy_upstream >= 0, std::memory_order_relaxed);
}

Metrics::Metrics(int workers) {
  for (int i = 0; i < workers; ++i) shards_.push_back(std::make_unique<MetricsShard>(user_));
}

void Metrics::update(int metric, std::span<const std::string_view> label_values, double value, bool set) {
  std::lock_guard lock(update_mutex_);
  elsewhere_.update(metric, label_values, value, set);
}

void Metrics::count_reload(std::string_view what, bool ok) {
  reloads_[names::index_of(names::kReloadable, what)][ok ? 0 : 1].fetch_add(1, std::memory_order_relaxed);
}

template <class CounterOf>
std::uint64_t Metrics::sum(CounterOf&& counter_of) const {
  std::uint64_t total = 0;
  for (const auto& shard : shards_) total += counter_of(*shard).load(std::memory_order_relaxed);
  return total;
}

void Metrics::render_requests(Exposition& text) const {
  text.family("moongate_requests_total", "Requests by how they ended.", "counter");
  for (std::size_t p = 0; p < names::kProviders.size(); ++p) {
    for (std::size_t d = 0; d < names::kDialects.size(); ++d) {
      for (std::size_t s = 0; s < names::kStatusClasses.size(); ++s) {
        for (std::size_t o = 0; o < kOutcomes; ++o) {
          const auto n = sum([&](const auto& shard) -> auto& { return shard.requests_[p][d][s][o]; });
          if (n == 0) continue;  // most combinations never occur
          text.sample({{"provider", names::kProviders[p]},
                       {"dialect", names::kDialects[d]},
                       {"status_class", names::kStatusClasses[s]},
                       {"outcome", to_string(static_cast<Outcome>(o))}},
                      n);
        }
      }
    }
  }
  text.family("moongate_tokens_total", "Tokens as the upstreams reported them.", "counter");
  for (std::size_t p = 0; p < names::kProviders.size(); ++p) {
    for (std::size_t k = 0; k < names::kTokenKinds.size(); ++k) {
      const auto n = sum([&](const auto& shard) -> auto& { return shard.tokens_[p][k]; });
      if (n != 0) text.sample({{"provider", names::kProviders[p]}, {"kind", names::kTokenKinds[k]}}, n);
    }
  }
  text.family("moongate_request_bytes_total", "Payload of requests.", "counter");
  text.sample({}, sum([](const auto& shard) -> auto& { return shard.bytes_in_; }));
  text.family("moongate_answer_bytes_total", "Payload of answers.", "counter");
  text.sample({}, sum([](const auto& shard) -> auto& { return shard.bytes_out_; }));

  text.family("moongate_policy_errors_total", "Hooks that failed closed.", "counter");
  for (std::size_t h = 0; h < names::kHooks.size(); ++h) {
    for (std::size_t f = 0; f < names::kFailures.size(); ++f) {
      const auto n = sum([&](const auto& shard) -> auto& { return shard.policy_errors_[h][f]; });
      if (n != 0) text.sample({{"phase", names::kHooks[h]}, {"kind", names::kFailures[f]}}, n);
    }
  }
}

void Metrics::render_latencies(Exposition& text) const {
  const auto histogram = [&](std::string_view name, std::string_view help, auto&& of) {
    text.family(name, help, "histogram");
    for (std::size_t p = 0; p < names::kProviders.size(); ++p) {
      std::array<std::uint64_t, kLatencyBuckets.size() + 1> counts{};
      std::uint64_t total = 0;
      for (std::size_t b = 0; b < counts.size(); ++b) {
        total += counts[b] = sum([&](const auto& shard) -> auto& { return of(shard)[p].counts[b]; });
      }
      if (total == 0) continue;
      const auto us = sum([&](const auto& shard) -> auto& { return of(shard)[p].sum_us; });
      text.histogram(Exposition::render({{"provider", names::kProviders[p]}}), kLatencyBuckets, counts,
                     static_cast<double>(us) / 1e6);
    }
  };
  histogram("moongate_request_duration_seconds", "From a request's head to the end of its answer.",
            [](const auto& shard) -> auto& { return shard.duration_; });
  histogram("moongate_time_to_first_byte_seconds", "From a request's head to the first byte of its answer.",
            [](const auto& shard) -> auto& { return shard.first_byte_; });
}

void Metrics::render_connections(Exposition& text) const {
  text.family("moongate_client_connections", "Open connections of clients.", "gauge");
  text.sample({}, sum([](const auto& shard) -> auto& { return shard.client_connections_; }));
  text.family("moongate_refused_connections_total", "Connections of clients beyond limits.connections.", "counter");
  text.sample({}, sum([](const auto& shard) -> auto& { return shard.refused_connections_; }));
  text.family("moongate_upstream_connections", "Connections to upstreams: kept alive, or lent to a request.", "gauge");
  text.sample({{"state", "idle"}}, sum([](const auto& shard) -> auto& { return shard.idle_upstream_; }));
  const bool busy_known = std::any_of(shards_.begin(), shards_.end(), [](const auto& shard) {
    return shard->busy_known_.load(std::memory_order_relaxed);
  });
  if (busy_known) text.sample({{"state", "busy"}}, sum([](const auto& shard) -> auto& { return shard.busy_upstream_; }));
}

std::string Metrics::render(std::span<const Sample> extra) const {
  std::string out;
  Exposition text(out);
  text.family("moongate_build_info", "The version that runs.", "gauge");
  text.sample({{"version", MOONGATE_VERSION}}, std::uint64_t{1});
  render_requests(text);
  render_latencies(text);
  render_connections(text);
  text.family("moongate_reloads_total", "Reloads of files; after a failed one the old keeps serving.", "counter");
  for (std::size_t w = 0; w < names::kReloadable.size(); ++w) {
    for (const std::size_t result : {0, 1}) {
      const auto n = reloads_[w][result].load(std::memory_order_relaxed);
      if (n == 0 && w + 1 == names::kReloadable.size()) continue;
      text.sample({{"what", names::kReloadable[w]}, {"result", result == 0 ? "ok" : "failed"}}, n);
    }
  }
  std::string_view family;
  for (const Sample& sample : extra) {
    const std::size_t brace = std::min(sample.name.find('{'), sample.name.size());
    if (const std::string_view name = sample.name.substr(0, brace); name != family) {
      family = name;
      text.family(family, sample.help, sample.type);
    }
    const std::string_view labels = sample.name.substr(brace);
    text.sample(labels.empty() ? labels : labels.substr(1, labels.size() - 2), sample.value);
  }
  render_process_metrics(text);

  std::vector<const UserMetricShard*> user_shards = {&elsewhere_};
  for (const auto& shard : shards_) user_shards.push_back(&shard->user_);
  user_.render(out, user_shards);
  return out;
}

}  // namespace moongate
