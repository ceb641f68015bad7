// bench_ledger URL [ROWS]: how fast the store behind URL takes the ledger, and how fast it tells usage.
// The store should be new: what is in it is added to.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "store/store.h"

namespace {

using namespace moongate;
using SteadyTime = std::chrono::steady_clock;

constexpr int kUsers = 40, kClients = 100, kModels = 6, kDays = 30;
constexpr std::int64_t kMonthStartMs = 1'764'547'200'000;  // 2025-12-01
constexpr std::size_t kBatch = 500;

// Of this process: what the clock says depends on who else is at work, this does not.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double seconds_since(SteadyTime::time_point begun) {
  return std::chrono::duration<double>(SteadyTime::now() - begun).count();
}

LedgerRecord row(const std::string& id, std::int64_t ended_at_ms, int client, int model) {
  LedgerRecord record;
  record.request_id = id;
  record.ended_at_ms = ended_at_ms;
  record.gateway = "gateway-1";
  record.client = "client-" + std::to_string(client);
  record.key_id = "k-0123456789abcde" + std::to_string(client);
  record.user_id = "u-0123456789abcde" + std::to_string(client % kUsers);
  record.provider = model % 2 == 0 ? "anthropic" : "vertex";
  record.account = "main-account";
  record.location = "us-east5";
  record.model = "claude-sonnet-4-5-" + std::to_string(model);
  record.upstream_model = record.model + "@20250929";
  record.operation = "messages";
  record.outcome = "done";
  record.status = 200;
  record.stream = true;
  record.service_tier = "standard";
  record.input_tokens = 1200;
  record.cache_read_tokens = 20'000;
  record.output_tokens = 340;
  record.raw_usage =
      R"({"input_tokens":1200,"cache_creation_input_tokens":0,"cache_read_input_tokens":20000,)"
      R"("output_tokens":340,"service_tier":"standard"})";
  record.priced = true;
  record.cost_nano = 14'700'000;
  record.billed_nano = 29'400'000;
  record.price_id = "anthropic/claude-sonnet-4-5";
  record.duration_ms = 8000;
  return record;
}

void check(const Error& error) {
  std::fprintf(stderr, "bench_ledger: %s\n", error.describe().c_str());
  std::exit(1);
}

// Each of `threads` appends its share of `rows`, as so many gateways would: of the last minutes, of all
// clients.
void append(Store& store, int threads, int rows) {
  const SteadyTime::time_point begun = SteadyTime::now();
  const double cpu_begun = cpu_seconds();
  std::vector<std::thread> writers;
  for (int thread = 0; thread < threads; ++thread) {
    writers.emplace_back([&store, thread, threads, rows] {
      std::vector<LedgerRecord> batch;
      for (int i = 0; i < rows / threads; ++i) {
        const std::string id =
            std::to_string(threads) + "-" + std::to_string(thread) + "-" + std::to_string(i);
        batch.push_back(row("mg-0123456789ab-" + id, kMonthStartMs + i, i * 7 % kClients, i * 5 % kModels));
        if (batch.size() < kBatch) continue;
        if (const auto done = store.append_ledger(batch); !done) check(done.error());
        batch.clear();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const double seconds = seconds_since(begun);
  std::printf("append, %d writer(s), batches of %zu: %.0f rows/s, %.1f us of CPU a row\n", threads, kBatch,
              rows / seconds, (cpu_seconds() - cpu_begun) * 1e6 / rows);
  std::fflush(stdout);
}

// One row for each sum that a month of all clients and models has, hour by hour: what is asked of the sums
// costs the same however many requests each of them stands for.
void fill_month(Store& store) {
  const SteadyTime::time_point begun = SteadyTime::now();
  std::vector<LedgerRecord> batch;
  std::size_t sums = 0;
  for (int hour = 0; hour < kDays * 24; ++hour) {
    for (int client = 0; client < kClients; ++client) {
      for (int model = 0; model < kModels; ++model) {
        const std::int64_t at = kMonthStartMs + hour * 3'600'000LL + client * 1000;
        batch.push_back(row("sum-" + std::to_string(sums++), at, client, model));
        if (batch.size() < kBatch) continue;
        if (const auto done = store.append_ledger(batch); !done) check(done.error());
        batch.clear();
      }
    }
  }
  if (const auto done = store.append_ledger(batch); !done) check(done.error());
  std::printf("a month of %d clients and %d models: %zu sums by hour, filled in %.0f s\n", kClients, kModels,
              sums, seconds_since(begun));
}

void ask(Store& store, const char* what, const UsageQuery& query) {
  double best = 1e9, worst = 0;
  std::size_t rows = 0;
  for (int i = 0; i < 5; ++i) {
    const SteadyTime::time_point begun = SteadyTime::now();
    const auto told = store.sum_usage(query);
    if (!told) check(told.error());
    rows = told->size();
    best = std::min(best, seconds_since(begun));
    worst = std::max(worst, seconds_since(begun));
  }
  std::printf("usage %-34s %6zu rows, %6.1f ms (worst of five %.1f)\n", what, rows, best * 1000,
              worst * 1000);
}

void ask_all(Store& store) {
  UsageQuery month;
  month.from_s = kMonthStartMs / 1000;
  month.to_s = month.from_s + kDays * 86'400;
  UsageQuery query = month;
  query.by_bucket = true;
  ask(store, "by day", query);
  query.by_model = true;
  ask(store, "by day and model", query);
  query.by_client = true;
  ask(store, "by day, client and model", query);
  query = month;
  query.by_client = true;
  ask(store, "by client", query);
  query = month;
  query.client = "client-7";
  query.bucket = UsageBucket::kHour;
  query.by_bucket = query.by_model = true;
  ask(store, "of one client by hour and model", query);
  query.client.clear();
  query.from_s = query.to_s - 86'400;
  ask(store, "of one day by hour and model", query);
  query.from_s = month.from_s;
  query.by_model = false;
  ask(store, "of the whole month by hour", query);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "bench_ledger URL [ROWS]: the URL as store.url has it, of a new database\n");
    return 2;
  }
  const int rows = argc > 2 ? std::max(std::atoi(argv[2]), 2000) : 100'000;
  StoreOptions options;
  options.auto_migrate = true;
  const auto store = open_store(argv[1], ".", 1, options);
  if (!store) check(store.error());
  for (const int threads : {1, 2}) append(**store, threads, rows);
  fill_month(**store);
  ask_all(**store);
  if (const Status books = (*store)->check_books(); !books) check(books.error());
  return 0;
}
