#include "live/minute_series.h"

#include <gtest/gtest.h>

namespace moongate {
namespace {

MetricTotals totals(std::uint64_t requests, std::uint64_t errors = 0) {
  MetricTotals made;
  made.requests = requests;
  made.errors = errors;
  made.input_tokens = requests * 10;
  made.durations[3] = requests;
  return made;
}

TEST(MinuteSeries, MinutesAreDifferencesOfCounters) {
  MinuteSeries series;
  series.sample(totals(100), 60, 1'000);  // what was before is no minute's
  series.sample(totals(103), 65, 6'000);
  series.sample(totals(110, 2), 118, 59'000);
  series.sample(totals(111, 2), 121, 62'000);
  const auto minutes = series.minutes(0, 1000);
  ASSERT_EQ(minutes.size(), 2U);
  EXPECT_EQ(minutes[0].start_s, 60);
  EXPECT_EQ(minutes[0].sums.requests, 10U);
  EXPECT_EQ(minutes[0].sums.errors, 2U);
  EXPECT_EQ(minutes[0].sums.input_tokens, 100U);
  EXPECT_EQ(minutes[1].sums.requests, 1U);
  EXPECT_TRUE(series.minutes(0, 60).empty());
}

TEST(MinuteSeries, TheLastMinuteRolls) {
  MinuteSeries series;
  EXPECT_EQ(series.last_minute().requests, 0U);
  for (std::uint64_t i = 0; i <= 40; ++i) {
    series.sample(totals(i), 1000 + static_cast<std::int64_t>(i) * 5, static_cast<std::int64_t>(i) * 5'000);
  }
  EXPECT_EQ(series.last_minute().requests, 12U);
}

TEST(MinuteSeries, CostsFindTheirMinuteEvenLate) {
  MinuteSeries series;
  series.sample(totals(0), 600, 0);
  series.sample(totals(1), 660, 60'000);
  series.add_cost(605, 7);
  series.add_cost(661, 5);
  series.add_cost(606, 1);
  const auto minutes = series.minutes(0, 1000);
  ASSERT_EQ(minutes.size(), 2U);
  EXPECT_EQ(minutes[0].cost_nano, 8);
  EXPECT_EQ(minutes[1].cost_nano, 5);
}

TEST(MinuteSeries, ADayIsKept) {
  MinuteSeries series;
  for (std::int64_t minute = 0; minute < 3000; ++minute) {
    series.sample(totals(static_cast<std::uint64_t>(minute)), minute * 60, minute * 60'000);
  }
  EXPECT_EQ(series.minutes(0, 1'000'000).size(), 24U * 60 + 1);
  series.add_cost(60, 1);  // of a minute that is forgotten
  EXPECT_LE(series.minutes(0, 1'000'000).size(), 24U * 60 + 2);
}

TEST(Quantiles, AreReadFromTheBuckets) {
  MetricTotals sums;
  EXPECT_FALSE(quantile_ms(sums, 0.5));
  sums.durations[0] = 100;  // up to 1 ms
  EXPECT_DOUBLE_EQ(*quantile_ms(sums, 0.5), 0.5);
  sums.durations[5] = 100;  // 25 to 50 ms
  EXPECT_DOUBLE_EQ(*quantile_ms(sums, 0.5), 1.0);
  EXPECT_DOUBLE_EQ(*quantile_ms(sums, 0.75), 37.5);
  sums.durations.back() = 10'000;  // longer than all bounds
  EXPECT_DOUBLE_EQ(*quantile_ms(sums, 0.95), 600'000);
}

TEST(MetricTotals, AreSumsOfWhatWorkersCounted) {
  Metrics metrics(2);
  AccessRecord record;
  record.dialect = "anthropic";
  record.provider = "anthropic";
  record.status = 200;
  record.outcome = Outcome::kDone;
  record.duration_us = 2'000;
  record.usage.input = 5;
  record.usage.cache_read = 20;
  record.usage.output = 7;
  record.usage.thoughts = 3;
  metrics.shard(0).count(record);
  record.provider = "gemini";
  metrics.shard(1).count(record);
  record.status = 429;
  metrics.shard(1).count(record);
  record.provider = "";
  record.status = 401;
  record.outcome = Outcome::kRejected;
  record.usage = {};
  metrics.shard(0).count(record);
  record.dialect = "plain";
  metrics.shard(0).count(record);  // a health check
  const MetricTotals sums = metrics.totals();
  EXPECT_EQ(sums.requests, 4U);
  EXPECT_EQ(sums.errors, 1U);
  EXPECT_EQ(sums.input_tokens, 75U);
  EXPECT_EQ(sums.output_tokens, 27U) << "Anthropic's thoughts are within its output, Google's beside it";
  EXPECT_EQ(sums.durations[1], 3U);
}

}  // namespace
}  // namespace moongate
