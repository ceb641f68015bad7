#include "app/state_keeper.h"

#include <chrono>

#include "base/thread_name.h"
#include "limits/limit_types.h"

namespace moongate {
namespace {

constexpr std::int64_t kBalancesMs = 1000;
constexpr std::int64_t kUseMs = 5000;
constexpr std::int64_t kEraseMs = 600'000;  // between two looks for old rows
constexpr int kEraseRows = 1000;            // at once: whoever writes to the ledger meanwhile hardly waits
constexpr std::int64_t kDayMs = 86'400'000;

}  // namespace

StateKeeper::StateKeeper(Store& store, const Clock& clock, const Logger& log, Options options, Publish publish)
    : store_(store), clock_(clock), log_(log), options_(options), publish_(std::move(publish)) {}

StateKeeper::~StateKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  woken_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StateKeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void StateKeeper::nudge() {
  {
    const std::lock_guard lock(mutex_);
    nudged_ = true;
  }
  woken_.notify_all();
}

void StateKeeper::run() {
  name_this_thread("state-keeper");
  std::unique_lock lock(mutex_);
  for (;;) {
    woken_.wait_for(lock, std::chrono::milliseconds(options_.poll_ms), [this] { return nudged_ || stopping_; });
    if (stopping_) return;
    if (nudged_) balances_read_ms_ = 0;
    nudged_ = false;
    lock.unlock();
    const Status looked = look();
    if (looked) erase_old_rows();
    const bool answered = store_answers_.exchange(looked.ok());
    if (!looked && answered) {
      log_.error("the store does not answer; what was read from it stays in force", {{"reason", looked.error().describe()}});
    } else if (looked && !answered) {
      log_.info("the store answers again", {});
    }
    lock.lock();
  }
}

Status StateKeeper::look() {
  auto generation = store_.directory_generation();
  if (!generation) return generation.error();
  if (*generation != generation_.load()) {
    if (Status read = read_directory(*generation); !read) return read;
  }
  const std::int64_t now = clock_.mono_ms();
  if (use_read_ms_ == 0 || now - use_read_ms_ >= kUseMs) {
    if (Status read = read_use(); !read) return read;
  }
  if (!options_.balances) return {};
  if (balances_read_ms_ != 0 && now - balances_read_ms_ < kBalancesMs) return {};
  return read_balances();
}

// A batch a turn as long as there is something; several gateways at it do no harm.
void StateKeeper::erase_old_rows() {
  if (options_.keep_days <= 0 || clock_.mono_ms() < erase_ms_) return;
  const auto erased = store_.erase_ledger(clock_.unix_ms() - options_.keep_days * kDayMs, kEraseRows);
  if (!erased) {
    log_.warn("old rows of the ledger could not be erased", {{"reason", erased.error().describe()}});
    erase_ms_ = clock_.mono_ms() + kEraseMs;
    return;
  }
  erased_ += *erased;
  if (*erased == kEraseRows) return;
  erase_ms_ = clock_.mono_ms() + kEraseMs;
  if (erased_ > 0) log_.info("old rows of the ledger were erased; their sums stay", {{"rows", erased_}, {"keep_days", options_.keep_days}});
  erased_ = 0;
}

// The rows may be newer than the generation that was read before them, never older.
Status StateKeeper::read_directory(std::int64_t generation) {
  auto clients = store_.list_clients();
  if (!clients) return clients.error();
  auto users = store_.list_users();
  if (!users) return users.error();
  auto accounts = store_.list_upstream_accounts();
  if (!accounts) return accounts.error();
  publish_.clients(StoredClients::build(*clients, *users, generation, [this](const Error& error) {
    log_.error("a row of the store cannot be used", {{"reason", error.describe()}});
  }));
  publish_.accounts(std::move(*accounts));
  generation_.store(generation);
  return {};
}

Status StateKeeper::read_balances() {
  auto rows = store_.list_balances();
  if (!rows) return rows.error();
  publish_.balances(Balances::build(*rows));
  balances_read_ms_ = clock_.mono_ms();
  return {};
}

// From the roll-ups: this day and this month, by user and client.
Status StateKeeper::read_use() {
  const std::int64_t now_ms = clock_.unix_ns() / 1'000'000;
  const std::int64_t day = utc_day(now_ms), month = utc_month(now_ms);
  UsageQuery query;
  query.bucket = UsageBucket::kDay;
  query.by_user = query.by_client = true;
  query.to_s = utc_day_begin_ms(day + 1) / 1000;
  query.from_s = utc_day_begin_ms(day) / 1000;
  auto of_day = store_.sum_usage(query);
  if (!of_day) return of_day.error();
  query.from_s = utc_month_begin_ms(month) / 1000;
  auto of_month = store_.sum_usage(query);
  if (!of_month) return of_month.error();
  publish_.use(UseSums::build(day, *of_day, month, *of_month));
  use_read_ms_ = clock_.mono_ms();
  return {};
}

}  // namespace moongate
