#include "meter/metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "exposition_reader.h"

namespace moongate {
namespace {

ReadExposition scrape(const Metrics& metrics, std::span<const Sample> extra = {}) {
  const std::string text = metrics.render(extra);
  ReadExposition read = read_exposition(text);
  EXPECT_EQ(read.problem, "");
  return read;
}

AccessRecord exchange(std::string_view provider = "anthropic", int status = 200, Outcome outcome = Outcome::kDone) {
  AccessRecord record;
  record.provider = provider;
  record.dialect = "anthropic";
  record.status = status;
  record.outcome = outcome;
  record.duration_us = 1'500'000;
  record.ttfb_us = 2'000;
  record.bytes_in = 100;
  record.bytes_out = 1000;
  record.usage.input = 10;
  record.usage.output = 20;
  return record;
}

TEST(Metrics, AreValidBeforeAnythingHappened) {
  const Metrics metrics(2);
  const ReadExposition read = scrape(metrics);
  EXPECT_EQ(read.at("moongate_client_connections"), 0);
  EXPECT_EQ(read.at("moongate_build_info{version=\"" MOONGATE_VERSION "\"}"), 1);
  EXPECT_EQ(read.at("moongate_reloads_total{what=\"map\",result=\"failed\"}"), 0);
  EXPECT_EQ(read.types.at("moongate_requests_total"), "counter");
}

TEST(Metrics, CountExchangesByProviderDialectStatusAndOutcome) {
  Metrics metrics(2);
  metrics.shard(0).count(exchange());
  metrics.shard(1).count(exchange());
  metrics.shard(1).count(exchange("vertex", 502, Outcome::kUpstreamCut));
  metrics.shard(0).count(exchange("", 0, Outcome::kClientGone));
  AccessRecord odd = exchange("nobody", 999);
  odd.dialect = "klingon";
  metrics.shard(0).count(odd);
  const ReadExposition read = scrape(metrics);
  const auto requests = [&](const std::string& labels) { return read.at("moongate_requests_total{" + labels + "}"); };
  EXPECT_EQ(requests("provider=\"anthropic\",dialect=\"anthropic\",status_class=\"2xx\",outcome=\"done\""), 2);
  EXPECT_EQ(requests("provider=\"vertex\",dialect=\"anthropic\",status_class=\"5xx\",outcome=\"upstream-cut\""), 1);
  EXPECT_EQ(requests("provider=\"none\",dialect=\"anthropic\",status_class=\"none\",outcome=\"client-gone\""), 1);
  EXPECT_EQ(requests("provider=\"none\",dialect=\"other\",status_class=\"5xx\",outcome=\"done\""), 1);
  EXPECT_EQ(read.at("moongate_tokens_total{provider=\"anthropic\",kind=\"input\"}"), 20);
  EXPECT_EQ(read.at("moongate_tokens_total{provider=\"anthropic\",kind=\"output\"}"), 40);
  EXPECT_FALSE(read.has("moongate_tokens_total{provider=\"anthropic\",kind=\"thought\"}"));
  EXPECT_EQ(read.at("moongate_request_bytes_total"), 500);
  EXPECT_EQ(read.at("moongate_answer_bytes_total"), 5000);
}

TEST(Metrics, SortLatenciesIntoBuckets) {
  Metrics metrics(1);
  AccessRecord record = exchange();
  for (const std::int64_t us : {0LL, 1'000LL, 1'001LL, 700'000'000LL}) {
    record.duration_us = us;
    metrics.shard(0).count(record);
  }
  record.ttfb_us = -1;  // nothing went out
  record.duration_us = 5'000'000;
  metrics.shard(0).count(record);
  const ReadExposition read = scrape(metrics);
  const auto bucket = [&](const std::string& bound) {
    return read.at("moongate_request_duration_seconds_bucket{provider=\"anthropic\",le=\"" + bound + "\"}");
  };
  EXPECT_EQ(bucket("0.001"), 2);
  EXPECT_EQ(bucket("0.0025"), 3);
  EXPECT_EQ(bucket("2.5"), 3);
  EXPECT_EQ(bucket("5"), 4);
  EXPECT_EQ(bucket("600"), 4);
  EXPECT_EQ(bucket("+Inf"), 5);
  EXPECT_DOUBLE_EQ(read.at("moongate_request_duration_seconds_sum{provider=\"anthropic\"}"), 705.002001);
  EXPECT_EQ(read.at("moongate_time_to_first_byte_seconds_count{provider=\"anthropic\"}"), 4);
}

TEST(Metrics, TellConnectionsOfAllWorkersTogether) {
  Metrics metrics(2);
  metrics.shard(0).set_connections(3, 5);
  metrics.shard(1).set_connections(4, 6);
  metrics.shard(0).set_connections(2, 1);
  metrics.shard(1).count_refused_connection();
  ReadExposition read = scrape(metrics);
  EXPECT_EQ(read.at("moongate_client_connections"), 6);
  EXPECT_EQ(read.at("moongate_upstream_connections{state=\"idle\"}"), 7);
  EXPECT_FALSE(read.has("moongate_upstream_connections{state=\"busy\"}")) << "nobody said how many";
  EXPECT_EQ(read.at("moongate_refused_connections_total"), 1);
  metrics.shard(0).set_connections(2, 1, 8);
  EXPECT_EQ(scrape(metrics).at("moongate_upstream_connections{state=\"busy\"}"), 8);
}

TEST(Metrics, CountPolicyErrorsAndReloads) {
  Metrics metrics(1);
  metrics.shard(0).count_policy_error("auth.authenticate", "cpu-budget");
  metrics.shard(0).count_policy_error("something", "else");
  metrics.count_reload("map", true);
  metrics.count_reload("map", true);
  metrics.count_reload("policy", false);
  metrics.count_reload("moon", false);
  const ReadExposition read = scrape(metrics);
  EXPECT_EQ(read.at("moongate_policy_errors_total{phase=\"auth.authenticate\",kind=\"cpu-budget\"}"), 1);
  EXPECT_EQ(read.at("moongate_policy_errors_total{phase=\"other\",kind=\"other\"}"), 1);
  EXPECT_EQ(read.at("moongate_reloads_total{what=\"map\",result=\"ok\"}"), 2);
  EXPECT_EQ(read.at("moongate_reloads_total{what=\"policy\",result=\"failed\"}"), 1);
  EXPECT_EQ(read.at("moongate_reloads_total{what=\"other\",result=\"failed\"}"), 1);
}

TEST(Metrics, TakeSamplesThatOthersCompute) {
  const Metrics metrics(1);
  const Sample extra[] = {{"moongate_ready", "1 when requests are served.", "gauge", 1},
                          {"moongate_token_mints_total{result=\"ok\"}", "Tokens.", "counter", 3},
                          {"moongate_token_mints_total{result=\"failed\"}", "", "counter", 0}};
  const ReadExposition read = scrape(metrics, extra);
  EXPECT_EQ(read.at("moongate_ready"), 1);
  EXPECT_EQ(read.at("moongate_token_mints_total{result=\"ok\"}"), 3);
  EXPECT_EQ(read.at("moongate_token_mints_total{result=\"failed\"}"), 0);
}

TEST(Metrics, TellOfTheProcess) {
  const Metrics metrics(1);
  const ReadExposition read = scrape(metrics);
  EXPECT_GT(read.at("process_resident_memory_bytes"), 100'000);
  EXPECT_GT(read.at("process_open_fds"), 2);
  EXPECT_GE(read.at("process_max_fds"), read.at("process_open_fds"));
  EXPECT_GE(read.at("process_cpu_seconds_total"), 0);
  EXPECT_GT(read.at("process_start_time_seconds"), 1'700'000'000);
}

std::string documentation() {
  std::ifstream file(MOONGATE_SOURCE_DIR "/docs/metrics.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_GT(text.str().size(), 1000U);
  return text.str();
}

TEST(MetricsDocumentation, NamesEveryMetric) {
  const Metrics metrics(1);
  const std::string documented = documentation();
  for (const auto& [name, type] : scrape(metrics).types) {
    if (name.starts_with("process_")) continue;
    EXPECT_NE(documented.find('`' + name + '`'), std::string::npos) << name;
  }
}

TEST(MetricsDocumentation, NamesEveryFieldOfTheAccessLog) {
  AccessRecord record = exchange();
  record.request_id = record.client = record.client_address = record.account = record.operation = "x";
  record.method = record.path = record.model = record.upstream_model = record.error = "x";
  record.upstream_model = "y";
  record.upstream_status = 200;
  Usage& usage = record.usage;
  for (auto* count : {&usage.input, &usage.cache_write_5m, &usage.cache_write_1h, &usage.cache_read, &usage.output,
                      &usage.thoughts, &usage.tool_prompt, &usage.audio_input, &usage.web_searches}) {
    *count = 1;
  }
  record.usage_estimated = true;
  MemorySink sink;
  AccessLog(sink).write(record);
  const std::string line = sink.text(), documented = documentation();
  int fields = 0;
  for (std::size_t at = line.find('"'); at != std::string::npos;) {
    const std::size_t end = line.find('"', at + 1);
    if (line[end + 1] == ':') {
      EXPECT_NE(documented.find('`' + line.substr(at + 1, end - at - 1) + '`'), std::string::npos) << line.substr(at, end - at);
      ++fields;
    }
    at = line.find('"', end + 1);
  }
  EXPECT_EQ(fields, 33);
}

TEST(Metrics, CanBeScrapedWhileWorkersCount) {
  Metrics metrics(3);
  UserMetric hits;
  hits.name = "hits_total";
  hits.labels = {"team"};
  const int metric = *metrics.define(hits);
  std::vector<std::thread> workers;
  for (int w = 0; w < 3; ++w) {
    workers.emplace_back([&, w] {
      for (int i = 0; i < 5000; ++i) {
        metrics.shard(w).count(exchange());
        const std::string team = "team" + std::to_string(i % 40);
        const std::string_view labels[] = {team};
        metrics.shard(w).update(metric, labels, 1, false);
        if (i % 100 == 0) metrics.update(metric, labels, 1, false);
      }
    });
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(read_exposition(metrics.render({})).problem, "");
  for (auto& worker : workers) worker.join();
  const ReadExposition read = scrape(metrics);
  EXPECT_EQ(read.at("moongate_requests_total{provider=\"anthropic\",dialect=\"anthropic\",status_class=\"2xx\","
                    "outcome=\"done\"}"),
            15'000);
  double hits_seen = 0;
  for (int team = 0; team < 40; ++team) hits_seen += read.at("hits_total{team=\"team" + std::to_string(team) + "\"}");
  EXPECT_EQ(hits_seen, 15'150);
}

}  // namespace
}  // namespace moongate
