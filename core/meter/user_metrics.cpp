#include "meter/user_metrics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/log.h"
#include "meter/metrics.h"

namespace moongate {
namespace {

constexpr std::string_view kOther = "other";

// A label set as one string: each value behind its size in one byte (kMaxLabelValue fits).
void append_key(std::string& key, std::string_view value) {
  value = value.substr(0, UserMetrics::kMaxLabelValue);
  key += static_cast<char>(value.size());
  key += value;
}

std::string labels_of(const UserMetric& metric, std::string_view key) {
  std::string text;
  for (const std::string& label : metric.labels) {
    const auto size = static_cast<unsigned char>(key[0]);
    Exposition::append_label(text, label, key.substr(1, size));
    key.remove_prefix(1 + std::size_t{size});
  }
  return text;
}

bool is_ascii_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Two values that look the same when shown must be the same series: what cannot be shown is put in order first.
std::string shown_value(std::string_view value) {
  value = value.substr(0, UserMetrics::kMaxLabelValue);
  if (is_ascii_text(value)) return std::string(value);
  std::string clean(value);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\\') c = ' ';
  }
  std::string escaped;
  append_json_escaped(escaped, clean);  // only what is no UTF-8 changes here
  if (escaped.size() <= UserMetrics::kMaxLabelValue) return escaped;
  std::size_t size = UserMetrics::kMaxLabelValue;
  while (size > 0 && (static_cast<unsigned char>(escaped[size]) & 0xc0) == 0x80) --size;
  return escaped.substr(0, size);
}

Error invalid(const UserMetric& metric, const std::string& why) {
  return Error(ErrorKind::kInvalid, "the metric \"" + metric.name.substr(0, 128) + "\" " + why);
}

Status check(const UserMetric& metric) {
  if (!valid_metric_name(metric.name)) return invalid(metric, "needs a name like requests_by_team: [a-zA-Z_:][a-zA-Z0-9_:]*");
  for (const std::string_view own : {"moongate_", "process_"}) {
    if (metric.name.starts_with(own)) return invalid(metric, "begins with " + std::string(own) + ", as the gateway's own do: choose another name");
  }
  if (metric.labels.size() > UserMetrics::kMaxLabels) return invalid(metric, "has more than 8 labels");
  for (std::size_t i = 0; i < metric.labels.size(); ++i) {
    const auto& label = metric.labels[i];
    if (!valid_label_name(label)) return invalid(metric, "has a label that Prometheus does not take: \"" + label.substr(0, 128) + "\"");
    if (std::find(metric.labels.begin(), metric.labels.begin() + static_cast<std::ptrdiff_t>(i), label) !=
        metric.labels.begin() + static_cast<std::ptrdiff_t>(i)) {
      return invalid(metric, "has the label \"" + label + "\" twice");
    }
  }
  if (metric.buckets.size() > UserMetrics::kMaxBuckets) return invalid(metric, "has more than 50 buckets");
  for (std::size_t i = 0; i < metric.buckets.size(); ++i) {
    if (!std::isfinite(metric.buckets[i]) || (i > 0 && metric.buckets[i] <= metric.buckets[i - 1])) {
      return invalid(metric, "has buckets that do not rise");
    }
  }
  return {};
}

std::string_view type_of(UserMetric::Kind kind) {
  return kind == UserMetric::Kind::kCounter ? "counter" : kind == UserMetric::Kind::kGauge ? "gauge" : "histogram";
}

}  // namespace

Result<int> UserMetrics::define(const UserMetric& metric) {
  if (Status ok = check(metric); !ok) return ok.error();
  UserMetric complete = metric;
  if (metric.kind == UserMetric::Kind::kHistogram && metric.buckets.empty()) {
    complete.buckets.assign(kLatencyBuckets.begin(), kLatencyBuckets.end());
  }
  // The samples of a histogram have names of their own.
  const auto clashes = [](const UserMetric& histogram, const std::string& name) {
    if (histogram.kind != UserMetric::Kind::kHistogram || !name.starts_with(histogram.name)) return false;
    const std::string_view rest = std::string_view(name).substr(histogram.name.size());
    return rest == "_bucket" || rest == "_sum" || rest == "_count";
  };
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const UserMetric& known = entries_[i]->metric;
    if (clashes(known, metric.name) || clashes(metric, known.name)) {
      return invalid(metric, "would mix with the samples of \"" + known.name + "\": choose another name");
    }
    if (known.name != metric.name) continue;
    if (known.kind == complete.kind && known.labels == complete.labels && known.buckets == complete.buckets) {
      return static_cast<int>(i);
    }
    return invalid(metric, "is there already as another kind or with other labels or buckets: choose another name, or restart");
  }
  if (entries_.size() >= kMaxMetrics) {
    return Error(ErrorKind::kTooLarge, "there are " + std::to_string(kMaxMetrics) + " metrics of policies already");
  }
  entries_.push_back(std::make_unique<Entry>());
  entries_.back()->metric = std::move(complete);
  published_[entries_.size() - 1].store(entries_.back().get(), std::memory_order_release);
  return static_cast<int>(entries_.size() - 1);
}

const UserMetric* UserMetrics::find(int metric) const {
  if (metric < 0 || static_cast<std::size_t>(metric) >= kMaxMetrics) return nullptr;
  const Entry* entry = published_[static_cast<std::size_t>(metric)].load(std::memory_order_acquire);
  return entry == nullptr ? nullptr : &entry->metric;
}

bool UserMetrics::admit(int metric, const std::string& key) {
  std::lock_guard lock(mutex_);
  auto& admitted = entries_[static_cast<std::size_t>(metric)]->admitted;
  if (admitted.contains(key)) return true;
  if (admitted.size() >= kMaxSeries) return false;
  admitted.insert(key);
  return true;
}

UserMetrics::Series* UserMetrics::gauge(int metric, const std::string& key) {
  std::lock_guard lock(mutex_);
  auto& series = entries_[static_cast<std::size_t>(metric)]->gauges[key];
  if (!series) series = std::make_unique<Series>();
  return series.get();
}

void UserMetrics::render(std::string& out, std::span<const UserMetricShard* const> shards) const {
  Exposition text(out);
  text.family("moongate_policy_series_overflows_total",
              "Updates of policy metrics that counted as \"other\" because there are too many label sets.", "counter");
  text.sample({}, overflows_.load(std::memory_order_relaxed));
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = *entries_[i];
    const std::size_t bucket_count =
        entry.metric.kind == UserMetric::Kind::kHistogram ? entry.metric.buckets.size() + 1 : 0;
    struct Sum {
      double value = 0;
      std::vector<std::uint64_t> buckets;
    };
    std::map<std::string, Sum> sums;  // in the order of their labels, so that two scrapes compare
    const auto add = [&](const std::string& key, const Series& series) {
      Sum& sum = sums[key];
      sum.value += series.value.load(std::memory_order_relaxed);
      sum.buckets.resize(bucket_count);
      for (std::size_t b = 0; b < bucket_count; ++b) sum.buckets[b] += series.buckets[b].load(std::memory_order_relaxed);
    };
    for (const auto& [key, series] : entry.gauges) add(key, *series);
    for (const UserMetricShard* shard : shards) {
      if (entry.metric.kind == UserMetric::Kind::kGauge) break;
      std::lock_guard shard_lock(shard->mutex_);
      for (const auto& [key, series] : shard->shares_[i].by_labels) add(key, *series);
    }
    text.family(entry.metric.name, entry.metric.help, type_of(entry.metric.kind));
    for (const auto& [key, sum] : sums) {
      const std::string labels = labels_of(entry.metric, key);
      if (bucket_count != 0) {
        text.histogram(labels, entry.metric.buckets, sum.buckets, sum.value);
      } else {
        text.sample(labels, sum.value);
      }
    }
  }
}

void UserMetricShard::update(int metric, std::span<const std::string_view> label_values, double value, bool set) {
  const UserMetric* definition = all_.find(metric);
  if (definition == nullptr || std::isnan(value)) return;
  if (definition->kind == UserMetric::Kind::kCounter && value < 0) return;
  Series* series = find_or_make(metric, *definition, label_values);
  switch (definition->kind) {
    case UserMetric::Kind::kGauge:
      if (set) {
        series->value.store(value, std::memory_order_relaxed);
      } else {
        series->value.fetch_add(value, std::memory_order_relaxed);  // other threads have this one, too
      }
      return;
    case UserMetric::Kind::kHistogram: {
      const auto& bounds = definition->buckets;
      const auto at = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
      auto& bucket = series->buckets[static_cast<std::size_t>(at)];
      bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      break;
    }
    case UserMetric::Kind::kCounter: break;
  }
  series->value.store(series->value.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

UserMetricShard::Series* UserMetricShard::find_or_make(int metric, const UserMetric& definition,
                                                       std::span<const std::string_view> label_values) {
  const auto value_of = [&](std::size_t i) { return i < label_values.size() ? label_values[i] : std::string_view(); };
  key_.clear();
  for (std::size_t i = 0; i < definition.labels.size(); ++i) append_key(key_, value_of(i));
  const auto& known = shares_[static_cast<std::size_t>(metric)].by_labels;
  if (const auto found = known.find(std::string_view(key_)); found != known.end()) return found->second;

  std::string key;
  for (std::size_t i = 0; i < definition.labels.size(); ++i) append_key(key, shown_value(value_of(i)));
  if (const auto found = known.find(key); found != known.end()) return found->second;
  if (!definition.labels.empty() && !all_.admit(metric, key)) {
    all_.overflows_.fetch_add(1, std::memory_order_relaxed);
    key.clear();
    for (std::size_t i = 0; i < definition.labels.size(); ++i) append_key(key, kOther);
  }
  return find_or_make(metric, definition, key);
}

UserMetricShard::Series* UserMetricShard::find_or_make(int metric, const UserMetric& definition,
                                                       const std::string& key) {
  Share& share = shares_[static_cast<std::size_t>(metric)];
  if (const auto found = share.by_labels.find(key); found != share.by_labels.end()) return found->second;
  Series* series = nullptr;
  std::unique_ptr<Series> made;
  if (definition.kind == UserMetric::Kind::kGauge) {
    series = all_.gauge(metric, key);
  } else {
    made = std::make_unique<Series>();
    if (definition.kind == UserMetric::Kind::kHistogram) {
      made->buckets = std::make_unique<std::atomic<std::uint64_t>[]>(definition.buckets.size() + 1);
    }
    series = made.get();
  }
  std::lock_guard lock(mutex_);
  if (made) share.owned.push_back(std::move(made));
  share.by_labels.emplace(key, series);
  return series;
}

}  // namespace moongate
