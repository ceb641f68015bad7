#include "meter/metrics.h"

#include <algorithm>
#include <cstdio>
#include <map>

namespace moongate {
namespace {

constexpr std::array<std::string_view, MetricsShard::kProviders> kProviderNames = {"vertex", "vertex-claude",
                                                                                   "anthropic", "gemini", "none"};
constexpr std::array<std::string_view, MetricsShard::kDialects> kDialectNames = {
    "anthropic", "vertex", "vertex-claude", "gemini", "openai", "plain", "other"};
constexpr std::array<std::string_view, MetricsShard::kStatusClasses> kStatusNames = {"none", "1xx", "2xx",
                                                                                     "3xx",  "4xx", "5xx"};
constexpr std::array<std::string_view, MetricsShard::kTokenKinds> kTokenNames = {
    "input", "cache_write_5m", "cache_write_1h", "cache_read", "output", "thought", "tool_prompt", "audio_input"};
constexpr std::array<std::string_view, MetricsShard::kHooks> kHookNames = {
    "authenticate", "select", "map", "privacy.request", "privacy.response",
    "filters.request", "filters.response", "filters.event", "log", "other"};
constexpr std::array<std::string_view, MetricsShard::kFailures> kFailureNames = {"error", "cpu-budget", "memory",
                                                                                 "result", "other"};

template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? N - 1 : static_cast<std::size_t>(found - names.begin());
}

void append_number(std::string& out, double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  double shorter = 0;
  char brief[40];
  std::snprintf(brief, sizeof brief, "%.12g", value);
  std::sscanf(brief, "%lf", &shorter);
  out += shorter == value ? brief : text;
}

void append_header(std::string& out, std::string_view name, std::string_view help, std::string_view type) {
  out += "# HELP ";
  out += name;
  out += ' ';
  out += help;
  out += "\n# TYPE ";
  out += name;
  out += ' ';
  out += type;
  out += '\n';
}

void append_label_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\') out += "\\\\";
    else if (c == '"') out += "\\\"";
    else if (c == '\n') out += "\\n";
    else out += c;
  }
}

bool valid_name(std::string_view name, bool colon) {
  if (name.empty() || name.size() > 128 || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [colon](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colon && c == ':');
  });
}

}  // namespace

void Histogram::observe_us(std::int64_t us) {
  if (us < 0) return;
  const double seconds = static_cast<double>(us) / 1e6;
  const auto bucket = std::lower_bound(kLatencyBuckets.begin(), kLatencyBuckets.end(), seconds);
  auto& count = counts[static_cast<std::size_t>(bucket - kLatencyBuckets.begin())];
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  sum_us.store(sum_us.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(us), std::memory_order_relaxed);
}

void MetricsShard::count(const AccessRecord& record) {
  const std::size_t provider = index_of(kProviderNames, record.provider);
  const std::size_t dialect = index_of(kDialectNames, record.dialect);
  const auto status = static_cast<std::size_t>(std::clamp(record.status / 100, 0, 5));
  add(requests[provider][dialect][status][static_cast<std::size_t>(record.outcome)], 1);
  const Usage& usage = record.usage;
  const std::int64_t counts[kTokenKinds] = {usage.input,  usage.cache_write_5m, usage.cache_write_1h, usage.cache_read,
                                            usage.output, usage.thoughts,       usage.tool_prompt,    usage.audio_input};
  for (std::size_t kind = 0; kind < kTokenKinds; ++kind) {
    if (counts[kind] > 0) add(tokens[provider][kind], static_cast<std::uint64_t>(counts[kind]));
  }
  duration[provider].observe_us(record.duration_us);
  first_byte[provider].observe_us(record.ttfb_us);
  add(bytes_in, record.bytes_in);
  add(bytes_out, record.bytes_out);
}

void MetricsShard::count_policy_error(std::string_view hook, std::string_view kind) {
  add(policy_errors[index_of(kHookNames, hook)][index_of(kFailureNames, kind)], 1);
}

struct Metrics::User {
  struct Series {
    double value = 0;
    std::vector<std::uint64_t> buckets;
    std::uint64_t count = 0;
  };
  struct Entry {
    UserMetric metric;
    std::map<std::string, Series> series;  // by rendered labels
  };
  mutable std::mutex mutex;
  std::vector<Entry> entries;
  std::uint64_t dropped = 0;
};

Metrics::Metrics(int workers) : user_(std::make_unique<User>()) {
  for (int i = 0; i < workers; ++i) shards_.push_back(std::make_unique<MetricsShard>());
}
Metrics::~Metrics() = default;

Result<int> Metrics::define(const UserMetric& metric) {
  const auto invalid = [&](const char* why) {
    return Error(ErrorKind::kInvalid, "the metric \"" + metric.name + "\" " + why);
  };
  if (!valid_name(metric.name, true)) return invalid("has a name that Prometheus does not take");
  if (metric.name.starts_with("moongate_")) return invalid("begins with moongate_, which is the gateway's own");
  if (metric.labels.size() > 8) return invalid("has more than 8 labels");
  for (const std::string& label : metric.labels) {
    if (!valid_name(label, false) || label.starts_with("__") || label == "le") return invalid("has a label that is not allowed");
  }
  std::lock_guard lock(user_->mutex);
  for (std::size_t i = 0; i < user_->entries.size(); ++i) {
    const UserMetric& known = user_->entries[i].metric;
    if (known.name != metric.name) continue;
    if (known.kind != metric.kind || known.labels != metric.labels) return invalid("is defined already, differently");
    return static_cast<int>(i);
  }
  if (user_->entries.size() >= kMaxUserMetrics) {
    return Error(ErrorKind::kTooLarge, "there are " + std::to_string(kMaxUserMetrics) + " metrics of policies already");
  }
  User::Entry entry;
  entry.metric = metric;
  if (metric.kind == UserMetric::Kind::kHistogram && entry.metric.buckets.empty()) {
    entry.metric.buckets.assign(kLatencyBuckets.begin(), kLatencyBuckets.end());
  }
  user_->entries.push_back(std::move(entry));
  return static_cast<int>(user_->entries.size() - 1);
}

void Metrics::update(int metric, std::span<const std::string_view> label_values, double value, bool set) {
  std::lock_guard lock(user_->mutex);
  if (metric < 0 || static_cast<std::size_t>(metric) >= user_->entries.size()) return;
  User::Entry& entry = user_->entries[static_cast<std::size_t>(metric)];
  std::string key;
  for (std::size_t i = 0; i < entry.metric.labels.size(); ++i) {
    if (i > 0) key += ',';
    key += entry.metric.labels[i];
    key += "=\"";
    append_label_value(key, i < label_values.size() ? label_values[i].substr(0, 128) : std::string_view());
    key += '"';
  }
  auto found = entry.series.find(key);
  if (found == entry.series.end()) {
    if (entry.series.size() >= kMaxSeries) {
      ++user_->dropped;
      return;
    }
    found = entry.series.emplace(std::move(key), User::Series()).first;
  }
  User::Series& series = found->second;
  if (entry.metric.kind != UserMetric::Kind::kHistogram) {
    series.value = set ? value : series.value + value;
    return;
  }
  const auto& bounds = entry.metric.buckets;
  series.buckets.resize(bounds.size() + 1);
  ++series.buckets[static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin())];
  series.value += value;
  ++series.count;
}

namespace {

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t total = 0;
  const std::string comma = labels.empty() ? "" : ",";
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    out += std::string(name) + "_bucket{" + std::string(labels) + comma + "le=\"";
    if (i < bounds.size()) append_number(out, bounds[i]);
    else out += "+Inf";
    out += "\"} " + std::to_string(total) + "\n";
  }
  const std::string braces = labels.empty() ? "" : "{" + std::string(labels) + "}";
  out += std::string(name) + "_sum" + braces + " ";
  append_number(out, sum);
  out += "\n" + std::string(name) + "_count" + braces + " " + std::to_string(total) + "\n";
}

}  // namespace

std::string Metrics::render(std::span<const Sample> extra) const {
  const auto sum = [this](auto&& counter_of) {
    std::uint64_t total = 0;
    for (const auto& shard : shards_) total += counter_of(*shard).load(std::memory_order_relaxed);
    return total;
  };
  std::string out;
  append_header(out, "moongate_requests_total", "Requests by how they ended.", "counter");
  for (std::size_t p = 0; p < kProviderNames.size(); ++p) {
    for (std::size_t d = 0; d < kDialectNames.size(); ++d) {
      for (std::size_t s = 0; s < kStatusNames.size(); ++s) {
        for (std::size_t o = 0; o < kOutcomes; ++o) {
          const auto n = sum([&](auto& shard) -> auto& { return shard.requests[p][d][s][o]; });
          if (n == 0) continue;
          out += "moongate_requests_total{provider=\"" + std::string(kProviderNames[p]) + "\",dialect=\"" +
                 std::string(kDialectNames[d]) + "\",status_class=\"" + std::string(kStatusNames[s]) +
                 "\",outcome=\"" + std::string(to_string(static_cast<Outcome>(o))) + "\"} " + std::to_string(n) + "\n";
        }
      }
    }
  }
  append_header(out, "moongate_tokens_total", "Tokens as the upstreams reported them.", "counter");
  for (std::size_t p = 0; p < kProviderNames.size(); ++p) {
    for (std::size_t k = 0; k < kTokenNames.size(); ++k) {
      const auto n = sum([&](auto& shard) -> auto& { return shard.tokens[p][k]; });
      if (n == 0) continue;
      out += "moongate_tokens_total{provider=\"" + std::string(kProviderNames[p]) + "\",kind=\"" +
             std::string(kTokenNames[k]) + "\"} " + std::to_string(n) + "\n";
    }
  }
  const auto histogram = [&](std::string_view name, std::string_view help, auto&& of) {
    append_header(out, name, help, "histogram");
    for (std::size_t p = 0; p < kProviderNames.size(); ++p) {
      std::array<std::uint64_t, kLatencyBuckets.size() + 1> counts{};
      for (std::size_t b = 0; b < counts.size(); ++b) {
        counts[b] = sum([&](auto& shard) -> auto& { return of(shard)[p].counts[b]; });
      }
      if (std::all_of(counts.begin(), counts.end(), [](auto n) { return n == 0; })) continue;
      const auto us = sum([&](auto& shard) -> auto& { return of(shard)[p].sum_us; });
      append_histogram(out, name, "provider=\"" + std::string(kProviderNames[p]) + "\"", kLatencyBuckets, counts,
                       static_cast<double>(us) / 1e6);
    }
  };
  histogram("moongate_request_duration_seconds", "From a request's head to the end of its answer.",
            [](auto& shard) -> auto& { return shard.duration; });
  histogram("moongate_time_to_first_byte_seconds", "From a request's head to the first byte of its answer.",
            [](auto& shard) -> auto& { return shard.first_byte; });
  append_header(out, "moongate_policy_errors_total", "Hooks that failed closed.", "counter");
  for (std::size_t h = 0; h < kHookNames.size(); ++h) {
    for (std::size_t f = 0; f < kFailureNames.size(); ++f) {
      const auto n = sum([&](auto& shard) -> auto& { return shard.policy_errors[h][f]; });
      if (n == 0) continue;
      out += "moongate_policy_errors_total{phase=\"" + std::string(kHookNames[h]) + "\",kind=\"" +
             std::string(kFailureNames[f]) + "\"} " + std::to_string(n) + "\n";
    }
  }
  const auto single = [&](std::string_view name, std::string_view help, std::string_view type, std::uint64_t n) {
    append_header(out, name, help, type);
    out += std::string(name) + " " + std::to_string(n) + "\n";
  };
  single("moongate_request_bytes_total", "Payload of requests.", "counter", sum([](auto& s) -> auto& { return s.bytes_in; }));
  single("moongate_answer_bytes_total", "Payload of answers.", "counter", sum([](auto& s) -> auto& { return s.bytes_out; }));
  single("moongate_refused_connections_total", "Connections beyond limits.connections.", "counter",
         sum([](auto& s) -> auto& { return s.refused_connections; }));
  single("moongate_client_connections", "Open client connections.", "gauge",
         sum([](auto& s) -> auto& { return s.client_connections; }));
  single("moongate_upstream_idle_connections", "Kept-alive upstream connections without use.", "gauge",
         sum([](auto& s) -> auto& { return s.idle_upstream_connections; }));
  for (const Sample& sample : extra) {
    append_header(out, sample.name.substr(0, sample.name.find('{')), sample.help, sample.type);
    out += sample.name;
    out += ' ';
    append_number(out, sample.value);
    out += '\n';
  }

  std::lock_guard lock(user_->mutex);
  single("moongate_policy_series_dropped_total", "Label sets of policy metrics beyond the bound.", "counter", user_->dropped);
  for (const auto& entry : user_->entries) {
    static constexpr std::string_view kTypes[] = {"counter", "gauge", "histogram"};
    std::string help;
    append_label_value(help, entry.metric.help);
    append_header(out, entry.metric.name, help, kTypes[static_cast<std::size_t>(entry.metric.kind)]);
    for (const auto& [labels, series] : entry.series) {
      if (entry.metric.kind == UserMetric::Kind::kHistogram) {
        append_histogram(out, entry.metric.name, labels, entry.metric.buckets, series.buckets, series.value);
        continue;
      }
      out += entry.metric.name + (labels.empty() ? "" : "{" + labels + "}") + " ";
      append_number(out, series.value);
      out += '\n';
    }
  }
  return out;
}

}  // namespace moongate
