#include "meter/user_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "exposition_reader.h"

namespace moongate {
namespace {

using Kind = UserMetric::Kind;

class UserMetricsTest : public ::testing::Test {
 protected:
  static UserMetric spec(std::string name, Kind kind = Kind::kCounter, std::vector<std::string> labels = {},
                         std::vector<double> buckets = {}) {
    UserMetric metric;
    metric.name = std::move(name);
    metric.kind = kind;
    metric.labels = std::move(labels);
    metric.buckets = std::move(buckets);
    return metric;
  }
  int define(const UserMetric& metric) {
    auto number = all_.define(metric);
    EXPECT_TRUE(number.ok()) << number.error().describe();
    return number.ok() ? *number : -1;
  }
  static void update(UserMetricShard& shard, int metric, std::vector<std::string_view> labels, double value = 1,
                     bool set = false) {
    shard.update(metric, labels, value, set);
  }
  std::string text() {
    std::string out;
    const UserMetricShard* const shards[] = {&one_, &two_};
    all_.render(out, shards);
    return out;
  }
  ReadExposition scrape() {
    ReadExposition read = read_exposition(text());
    EXPECT_EQ(read.problem, "");
    return read;
  }

  UserMetrics all_;
  UserMetricShard one_{all_};
  UserMetricShard two_{all_};
};

TEST_F(UserMetricsTest, SumCountersOverWorkers) {
  const int metric = define(spec("hits_total", Kind::kCounter, {"team"}));
  update(one_, metric, {"a"}, 2);
  update(two_, metric, {"a"}, 0.5);
  update(two_, metric, {"b"});
  update(two_, metric, {"b"}, -5);                    // a counter does not fall
  update(two_, metric, {"b"}, std::nan(""));
  update(two_, -1, {"b"});
  update(two_, 63, {"b"});
  update(two_, 64, {"b"});
  const ReadExposition read = scrape();
  EXPECT_EQ(read.at("hits_total{team=\"a\"}"), 2.5);
  EXPECT_EQ(read.at("hits_total{team=\"b\"}"), 1);
}

TEST_F(UserMetricsTest, ShareAGaugeBetweenWorkers) {
  const int metric = define(spec("depth", Kind::kGauge));
  update(one_, metric, {}, 10, true);
  update(two_, metric, {}, 3, true);
  update(one_, metric, {}, -1);
  EXPECT_EQ(scrape().at("depth"), 2);
}

TEST_F(UserMetricsTest, ObserveHistograms) {
  const int metric = define(spec("size", Kind::kHistogram, {"kind"}, {1, 10}));
  for (const double value : {0.5, 1.0, 1.5, 100.0}) update(one_, metric, {"x"}, value);
  update(two_, metric, {"x"}, 5);
  const ReadExposition read = scrape();
  EXPECT_EQ(read.at("size_bucket{kind=\"x\",le=\"1\"}"), 2);
  EXPECT_EQ(read.at("size_bucket{kind=\"x\",le=\"10\"}"), 4);
  EXPECT_EQ(read.at("size_bucket{kind=\"x\",le=\"+Inf\"}"), 5);
  EXPECT_EQ(read.at("size_sum{kind=\"x\"}"), 108);
  EXPECT_EQ(read.at("size_count{kind=\"x\"}"), 5);
}

TEST_F(UserMetricsTest, GiveOneNumberToOneDefinition) {
  UserMetric first = spec("hits_total", Kind::kCounter, {"team"});
  const int metric = define(first);
  first.help = "another help";
  EXPECT_EQ(define(first), metric);
  EXPECT_NE(define(spec("others_total")), metric);
  EXPECT_EQ(define(spec("latency", Kind::kHistogram)), define(spec("latency", Kind::kHistogram)));
  for (const UserMetric& other : {spec("hits_total", Kind::kGauge, {"team"}), spec("hits_total", Kind::kCounter, {"x"}),
                                  spec("latency", Kind::kHistogram, {}, {1, 2})}) {
    const auto refused = all_.define(other);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  }
}

TEST_F(UserMetricsTest, RefuseWhatPrometheusDoesNotTake) {
  const double infinite = std::numeric_limits<double>::infinity();
  for (const UserMetric& bad :
       {spec(""), spec("1x"), spec("a-b"), spec("a b"), spec("\xc3\xa4"), spec(std::string(129, 'a')), spec("moongate_x"),
        spec("process_x"), spec("a", Kind::kCounter, {"le"}), spec("a", Kind::kCounter, {"__x"}),
        spec("a", Kind::kCounter, {"x:y"}), spec("a", Kind::kCounter, {""}), spec("a", Kind::kCounter, {"x", "x"}),
        spec("a", Kind::kCounter, {"1", "2", "3"}), spec("a", Kind::kCounter, {"a", "b", "c", "d", "e", "f", "g", "h", "i"}),
        spec("a", Kind::kHistogram, {}, {1, 1}), spec("a", Kind::kHistogram, {}, {2, 1}),
        spec("a", Kind::kHistogram, {}, {infinite}), spec("a", Kind::kHistogram, {}, {std::nan("")}),
        spec("a", Kind::kHistogram, {}, std::vector<double>(51, 1))}) {
    const auto refused = all_.define(bad);
    ASSERT_FALSE(refused.ok()) << bad.name;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << bad.name;
  }
}

TEST_F(UserMetricsTest, RefuseNamesThatWouldMixWithAHistogramsSamples) {
  define(spec("size", Kind::kHistogram));
  EXPECT_FALSE(all_.define(spec("size_count")).ok());
  EXPECT_FALSE(all_.define(spec("size_bucket", Kind::kGauge)).ok());
  define(spec("time_sum"));
  EXPECT_FALSE(all_.define(spec("time", Kind::kHistogram)).ok());
  define(spec("size_other"));
}

TEST_F(UserMetricsTest, AreBoundedInNumber) {
  for (std::size_t i = 0; i < UserMetrics::kMaxMetrics; ++i) define(spec("m" + std::to_string(i)));
  const auto refused = all_.define(spec("one_too_many"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
  EXPECT_TRUE(all_.define(spec("m0")).ok());
}

TEST_F(UserMetricsTest, CountLabelSetsBeyondTheBoundAsOther) {
  const int metric = define(spec("hits_total", Kind::kCounter, {"user", "kind"}));
  const int depth = define(spec("depth", Kind::kGauge, {"user"}));
  for (int i = 0; i < 1000; ++i) {
    const std::string user = "user" + std::to_string(i);
    update(i % 2 == 0 ? one_ : two_, metric, {user, "x"});
    update(one_, depth, {user}, i, true);
  }
  update(two_, metric, {"user0", "x"});  // one that was admitted, by the other worker
  const ReadExposition read = scrape();
  std::size_t series = 0;
  for (const auto& [name, value] : read.samples) series += name.starts_with("hits_total{") ? 1 : 0;
  EXPECT_EQ(series, UserMetrics::kMaxSeries + 1);
  EXPECT_EQ(read.at("hits_total{user=\"user0\",kind=\"x\"}"), 2);
  EXPECT_EQ(read.at("hits_total{user=\"other\",kind=\"other\"}"), 1000 - UserMetrics::kMaxSeries);
  EXPECT_EQ(read.at("depth{user=\"other\"}"), 999);
  EXPECT_EQ(read.at("moongate_policy_series_overflows_total"), 2 * (1000 - UserMetrics::kMaxSeries));
}

TEST_F(UserMetricsTest, StayValidWithAnyLabelValue) {
  const int metric = define(spec("hits_total", Kind::kCounter, {"x"}));
  const std::vector<std::string> values = {"", "\"", "\\", "a\nb", "\xff", "\xc3", std::string("\0", 1), "\xc3\xa4\"",
                                           "},x{", std::string(127, 'a') + "\xc3\xa4", std::string(100'000, 'y'), "\x7f",
                                           "\xe2\x80\xa8", " "};
  for (const auto& value : values) {
    for (int i = 0; i < 3; ++i) update(i == 2 ? two_ : one_, metric, {value});
  }
  const ReadExposition read = scrape();
  EXPECT_EQ(read.at("hits_total{x=\"\"}"), 3);
  EXPECT_EQ(read.at("hits_total{x=\"\\\"\"}"), 3);
  EXPECT_EQ(read.at("hits_total{x=\"\\\\\"}"), 3);
  EXPECT_EQ(read.at("hits_total{x=\"" + std::string(128, 'y') + "\"}"), 3);
  double sum = 0;
  for (const auto& [name, value] : read.samples) sum += name.starts_with("hits_total") ? value : 0;
  EXPECT_EQ(sum, 3.0 * static_cast<double>(values.size())) << "none is lost, however it is shown";
}

TEST_F(UserMetricsTest, TakeTooFewAndTooManyLabelValues) {
  const int metric = define(spec("hits_total", Kind::kCounter, {"a", "b"}));
  update(one_, metric, {"x"});
  update(one_, metric, {"x", "", "z"});
  EXPECT_EQ(scrape().at("hits_total{a=\"x\",b=\"\"}"), 2);
}

TEST_F(UserMetricsTest, EscapeTheirHelp) {
  UserMetric metric = spec("hits_total");
  metric.help = "one\ntwo \\ \"three\"\r";
  define(metric);
  EXPECT_NE(text().find("# HELP hits_total one\\ntwo \\\\ \"three\" \n"), std::string::npos) << text();
  scrape();
}

TEST(MetricNumbers, ReadBackAsTheSame) {
  for (const double value : {0.0, 1.0, 0.1, 1e300, 1e-300, 123456789.125, -2.5, 9007199254740993.0}) {
    std::string text;
    append_metric_number(text, value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
  std::string text;
  append_metric_number(text, std::numeric_limits<double>::infinity());
  append_metric_number(text, -std::numeric_limits<double>::infinity());
  append_metric_number(text, std::nan(""));
  EXPECT_EQ(text, "+Inf-InfNaN");
}

}  // namespace
}  // namespace moongate
