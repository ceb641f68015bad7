// What a finished request costs its worker, and how fast the store gets it. See docs/ledger.md.
//   bench_spool [DIRECTORY [STORE_URL [RECORDS]]]
// The directory is made and must not exist; nothing in it is erased by this program but what it wrote.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "meter/ledger_entry.h"
#include "meter/ledger_shipper.h"
#include "meter/spool.h"
#include "store/memory_store.h"
#include "store/store.h"

namespace {

using namespace moongate;
using SteadyClock = std::chrono::steady_clock;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(SteadyClock::now().time_since_epoch()).count();
}

LedgerRecord record_of(std::int64_t number, std::int64_t ended_at_ms) {
  LedgerRecord record;
  record.request_id = "0f8fad5b-d9cb-469f-a165-" + std::to_string(100'000'000'000 + number);
  record.ended_at_ms = ended_at_ms;
  record.gateway = "gateway-1";
  record.client = "client-" + std::to_string(number % 50);
  record.key_id = "k-0123456789abcdef";
  record.user_id = "u-" + std::to_string(number % 20);
  record.provider = "vertex-anthropic";
  record.account = "team-account-1";
  record.location = "europe-west1";
  record.model = record.upstream_model = "claude-sonnet-4-5@20250929";
  record.operation = "messages";
  record.outcome = "done";
  record.status = 200;
  record.stream = true;
  record.input_tokens = 1234;
  record.cache_read_tokens = 20'000;
  record.output_tokens = 345;
  record.raw_usage =
      R"({"input_tokens":1234,"cache_creation_input_tokens":0,"cache_read_input_tokens":20000,)"
      R"("cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},)"
      R"("output_tokens":345,"service_tier":"standard"})";
  record.priced = true;
  record.cost_nano = record.billed_nano = 14'877'000;
  record.price_id = "vertex-claude-sonnet-4-5";
  record.duration_ms = 4200;
  record.first_byte_ms = 640;
  record.bytes_in = 81'000;
  record.bytes_out = 9400;
  return record;
}

struct Bench {
  std::filesystem::path dir;
  SystemClock clock;
  std::unique_ptr<LineSink> sink;
  std::unique_ptr<Logger> logger;

  std::unique_ptr<Spool> open(const char* name, int writers) {
    SpoolOptions options;
    options.dir = dir / name;
    options.writers = writers;
    options.max_bytes = 4ULL << 30;
    Result<std::unique_ptr<Spool>> spool = Spool::open(options, clock, *logger);
    if (!spool) {
      std::fprintf(stderr, "bench_spool: %s\n", spool.error().describe().c_str());
      std::exit(1);
    }
    return std::move(*spool);
  }
};

void print_latencies(const char* what, std::vector<std::int64_t>& took) {
  std::sort(took.begin(), took.end());
  const auto at = [&](double part) {
    return static_cast<double>(took[static_cast<std::size_t>(part * static_cast<double>(took.size() - 1))]) /
           1000;
  };
  std::printf("%-34s p50 %.2f us, p99 %.2f us, p99.9 %.2f us, p99.99 %.1f us, longest %.1f us\n", what,
              at(0.5), at(0.99), at(0.999), at(0.9999), at(1));
}

// Appends as fast as one worker can, as many as its segments hold.
void measure_burst(Bench& bench, const std::string& entry) {
  auto spool = bench.open("burst", 1);
  std::int64_t records = 0;
  const std::int64_t begin = now_ns();
  while (records < 5000 && spool->writer(0).append(entry)) ++records;
  const std::int64_t took = now_ns() - begin;
  std::printf("%-34s %.0f ns a record of %zu bytes (%lld records)\n", "append, as fast as it goes",
              static_cast<double>(took) / static_cast<double>(records), entry.size(),
              static_cast<long long>(records));
}

// Encodes and appends at a worker's pace, each call timed, while the disk syncs.
void measure_pace(Bench& bench, int per_second, int seconds) {
  auto spool = bench.open(("pace-" + std::to_string(per_second)).c_str(), 1);
  const std::int64_t interval = 1'000'000'000 / per_second;
  std::vector<std::int64_t> append_took;
  std::int64_t lost = 0;
  std::int64_t encoding = 0;
  std::string entry;
  const LedgerRecord record = record_of(1, bench.clock.unix_ms());
  append_took.reserve(static_cast<std::size_t>(per_second) * static_cast<std::size_t>(seconds));
  rusage before{};
  ::getrusage(RUSAGE_THREAD, &before);
  const std::int64_t begin = now_ns();
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(per_second) * seconds; ++i) {
    while (now_ns() < begin + i * interval) {
    }
    const std::int64_t t0 = now_ns();
    entry.clear();
    encode(record, entry);
    const std::int64_t t1 = now_ns();
    if (!spool->writer(0).append(entry)) ++lost;
    append_took.push_back(now_ns() - t1);
    encoding += t1 - t0;
  }
  rusage after{};
  ::getrusage(RUSAGE_THREAD, &after);
  print_latencies(("append, " + std::to_string(per_second) + " a second").c_str(), append_took);
  std::printf("%-34s encode %.0f ns; without room %lld; %llu syncs\n", "",
              static_cast<double>(encoding) / static_cast<double>(append_took.size()),
              static_cast<long long>(lost), static_cast<unsigned long long>(spool->figures().syncs));
  // This thread does nothing else: where it gave up the processor by itself, the kernel made it wait.
  std::printf("%-34s the thread waited %ld times, lost the processor %ld times, had %ld page faults\n", "",
              after.ru_nvcsw - before.ru_nvcsw, after.ru_nivcsw - before.ru_nivcsw,
              after.ru_minflt - before.ru_minflt);
}

void measure_shipping(Bench& bench, const char* name, LedgerStore& store, std::int64_t records) {
  auto spool = bench.open(name, 1);
  std::string entry;
  for (std::int64_t i = 0; i < records;) {
    entry.clear();
    encode(record_of(i, bench.clock.unix_ms()), entry);
    if (spool->writer(0).append(entry)) {
      ++i;
    } else if (!spool->tick()) {
      return;
    }
  }
  LedgerShipper shipper(*spool, store, bench.clock, *bench.logger);
  const std::int64_t begin = now_ns();
  const bool all = shipper.flush(std::chrono::minutes(5));
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  const LedgerShipperFigures figures = shipper.figures();
  std::printf("ship to %-26s %.0f records/s (%llu in %.2f s)%s\n", name,
              static_cast<double>(figures.shipped) / seconds,
              static_cast<unsigned long long>(figures.shipped), seconds, all ? "" : ", not all");
}

}  // namespace

int main(int argc, char** argv) {
  Bench bench;
  bench.dir = argc > 1 ? argv[1] : "bench-spool.tmp";
  const std::string url = argc > 2 ? argv[2] : "sqlite:ledger.db";
  const std::int64_t records = argc > 3 ? std::atoll(argv[3]) : 50'000;
  if (std::filesystem::exists(bench.dir)) {
    std::fprintf(stderr, "bench_spool: %s exists; name a directory that does not\n", bench.dir.c_str());
    return 2;
  }
  std::filesystem::create_directories(bench.dir);
  Result<std::unique_ptr<LineSink>> sink = open_line_sink("stderr");
  if (!sink) return 1;
  bench.sink = std::move(*sink);
  bench.logger = std::make_unique<Logger>(*bench.sink, bench.clock, LogLevel::kWarn);

  std::string entry;
  encode(record_of(1, bench.clock.unix_ms()), entry);
  measure_burst(bench, entry);
  for (const int pace : {1000, 10'000, 20'000}) measure_pace(bench, pace, 4);

  MemoryStore memory;
  measure_shipping(bench, "memory", memory, records);
  StoreOptions options;
  options.auto_migrate = true;
  Result<std::unique_ptr<Store>> store = open_store(url, bench.dir, bench.clock.unix_seconds(), options);
  if (!store) {
    std::fprintf(stderr, "bench_spool: %s\n", store.error().describe().c_str());
    return 1;
  }
  measure_shipping(bench, url.substr(0, url.find(':')).c_str(), **store, records);
  std::filesystem::remove_all(bench.dir);
  return 0;
}
