#include "live/minute_series.h"

#include <algorithm>

namespace moongate {
namespace {

MetricTotals difference(const MetricTotals& now, const MetricTotals& before) {
  MetricTotals d;
  d.requests = now.requests - before.requests;
  d.errors = now.errors - before.errors;
  d.input_tokens = now.input_tokens - before.input_tokens;
  d.output_tokens = now.output_tokens - before.output_tokens;
  for (std::size_t i = 0; i < d.durations.size(); ++i) d.durations[i] = now.durations[i] - before.durations[i];
  return d;
}

}  // namespace

MinuteSeries::Minute& MinuteSeries::minute_of(std::int64_t at_s) {
  const std::int64_t start_s = at_s - at_s % 60;
  const auto place = std::find_if(minutes_.rbegin(), minutes_.rend(), [&](const Minute& each) { return each.start_s <= start_s; });
  if (place != minutes_.rend() && place->start_s == start_s) return *place;
  const auto made = minutes_.insert(place.base(), Minute{start_s, {}, 0});
  if (minutes_.size() <= kKept || made == minutes_.begin()) return *made;
  minutes_.pop_front();
  return *std::find_if(minutes_.begin(), minutes_.end(), [&](const Minute& each) { return each.start_s == start_s; });
}

void MinuteSeries::sample(const MetricTotals& totals, std::int64_t now_s, std::int64_t mono_ms) {
  const std::scoped_lock lock(mutex_);
  if (!samples_.empty()) {
    minute_of(now_s).sums.add(difference(totals, samples_.back().totals));
  }
  samples_.push_back({mono_ms, totals});
  while (samples_.size() > 1 && samples_[1].mono_ms <= mono_ms - kRollingMs) samples_.pop_front();
}

void MinuteSeries::add_cost(std::int64_t at_s, NanoDollars cost_nano) {
  const std::scoped_lock lock(mutex_);
  minute_of(at_s).cost_nano += cost_nano;
}

std::vector<MinuteSeries::Minute> MinuteSeries::minutes(std::int64_t from_s, std::int64_t to_s) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Minute> list;
  for (const Minute& each : minutes_) {
    if (each.start_s >= from_s && each.start_s < to_s) list.push_back(each);
  }
  return list;
}

MetricTotals MinuteSeries::last_minute() const {
  const std::scoped_lock lock(mutex_);
  return samples_.empty() ? MetricTotals() : difference(samples_.back().totals, samples_.front().totals);
}

std::optional<double> quantile_ms(const MetricTotals& sums, double part) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : sums.durations) total += count;
  if (total == 0) return std::nullopt;
  const double rank = part * static_cast<double>(total);
  double below = 0;
  for (std::size_t i = 0; i < sums.durations.size(); ++i) {
    const auto here = static_cast<double>(sums.durations[i]);
    if (here == 0 || below + here < rank) {
      below += here;
      continue;
    }
    const double from = i == 0 ? 0 : kLatencyBuckets[i - 1];
    if (i == kLatencyBuckets.size()) return from * 1000;  // longer than the last bound: at least that
    return (from + (kLatencyBuckets[i] - from) * (rank - below) / here) * 1000;
  }
  return kLatencyBuckets.back() * 1000;
}

}  // namespace moongate
