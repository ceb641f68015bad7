// Processes that are killed in the middle of it.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "meter/ledger_shipper.h"
#include "spool_fixture.h"
#include "store/store.h"

namespace moongate {
namespace {

constexpr int kWriters = 2;

constexpr const char* kDatabase = "sqlite:ledger.db";

// Appends for ever, ships beside it, and writes an id to `pipe` after append() said yes to it. Never returns.
[[noreturn]] void append_until_killed(const std::filesystem::path& dir, int run, int pipe) {
  static SystemClock clock;
  static MemorySink log;
  static Logger logger(log, clock, LogLevel::kError);
  SpoolOptions options;
  options.dir = dir;
  options.writers = kWriters;
  options.sync_ms = 1;
  options.segment_bytes = 64 * 1024;
  auto spool = Spool::open(options, clock, logger);
  auto store = open_store(kDatabase, dir, clock.unix_seconds());
  if (!spool || !store) ::_exit(3);
  LedgerShipperOptions shipping;
  shipping.batch = 20;
  shipping.poll_ms = 1;
  LedgerShipper shipper(**spool, **store, clock, logger, shipping);
  shipper.start();
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (std::uint32_t i = 0;;) {
        const std::string id = std::to_string(run) + "-" + std::to_string(w) + "-" + std::to_string(i);
        std::string entry;
        encode(record_of(id, clock.unix_ms()), entry);
        if (!(*spool)->writer(w).append(entry)) {
          std::this_thread::yield();
          continue;
        }
        const std::string line = id + "\n";
        if (::write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(4);
        ++i;
      }
    });
  }
  for (;;) ::pause();
}

// Starts such a process, kills it when it has acknowledged `enough` ids, and returns them.
std::vector<std::string> acknowledged_by_a_killed_process(const std::filesystem::path& dir, int run,
                                                          std::size_t enough) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    append_until_killed(dir, run, ends[1]);
  }
  ::close(ends[1]);
  std::string text;
  char piece[4096];
  bool killed = false;
  for (;;) {
    const ssize_t n = ::read(ends[0], piece, sizeof piece);
    if (n <= 0) break;
    text.append(piece, static_cast<std::size_t>(n));
    if (!killed && static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) >= enough) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  std::vector<std::string> ids;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    ids.push_back(text.substr(at, end - at));
  }
  return ids;
}

TEST(SpoolKill, EveryAcknowledgedRecordOfKilledProcessesIsInTheDatabaseOnce) {
  Folder folder;
  SystemClock clock;
  MemorySink log;
  Logger logger(log, clock, LogLevel::kWarn);
  std::mt19937 random(11);  // NOLINT: the same every time
  std::set<std::string> acknowledged;
  constexpr int kRuns = 20;
  for (int run = 0; run < kRuns; ++run) {
    for (const std::string& id : acknowledged_by_a_killed_process(folder.path(), run, 1 + random() % 700)) {
      EXPECT_TRUE(acknowledged.insert(id).second) << id;
    }
  }
  Result<std::unique_ptr<Store>> store = open_store(kDatabase, folder.path(), clock.unix_seconds());
  ASSERT_TRUE(store.ok());
  for (int round = 0; round < 2; ++round) {  // the second finds nothing left
    SpoolOptions options;
    options.dir = folder.path();
    options.segment_bytes = 64 * 1024;
    auto spool = Spool::open(options, clock, logger);
    ASSERT_TRUE(spool.ok());
    LedgerShipper shipper(**spool, **store, clock, logger);
    shipper.start();
    EXPECT_TRUE(shipper.flush(std::chrono::seconds(60)));
    if (round == 1) EXPECT_EQ(shipper.figures().shipped, 0U);
  }
  EXPECT_EQ(log.text(), "");
  std::set<std::string> rows;
  LedgerStore::LedgerQuery query;
  query.limit = 1000;
  for (;;) {
    const auto page = (*store)->list_ledger(query);
    ASSERT_TRUE(page.ok()) << page.error().describe();
    if (page->empty()) break;
    for (const LedgerRecord& row : *page) EXPECT_TRUE(rows.insert(row.request_id).second);
    query.before_ms = page->back().ended_at_ms;
    query.before_id = page->back().request_id;
  }
  std::size_t missing = 0;
  for (const std::string& id : acknowledged) missing += rows.contains(id) ? 0 : 1;
  EXPECT_EQ(missing, 0U);
  // Each writer may have been killed between append() and the acknowledgement.
  EXPECT_LE(rows.size(), acknowledged.size() + kRuns * kWriters);
  EXPECT_TRUE((*store)->check_books().ok());
}

}  // namespace
}  // namespace moongate
