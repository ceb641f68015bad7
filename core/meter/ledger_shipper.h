// Takes finished requests from the spool to the store: each once, whatever breaks.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "meter/ledger_rejects.h"
#include "meter/ledger_shipper_feed.h"
#include "meter/spool.h"
#include "store/ledger_store.h"

namespace moongate {

struct LedgerShipperOptions {
  std::size_t batch = 1000;  // some 9 MB while it is on its way; many rows of one client make one change of its sums
  int poll_ms = 250;         // how long a record may lie while the store is well
  int retry_first_ms = 100;  // doubling up to
  int retry_last_ms = 5000;
  // After each batch, on the shipper's thread, with what the store has now: new rows and such as it knew
  // already.
  std::function<void(const std::vector<LedgerRecord>&)> on_shipped;
};

struct LedgerShipperFigures {
  std::uint64_t shipped = 0;   // rows that are new in the store
  std::uint64_t known = 0;     // that it had already
  std::uint64_t rejected = 0;  // that are in rejected.jsonl
  std::uint64_t failures = 0;  // attempts that failed
  bool store_away = false;
  std::int64_t oldest_unshipped_ms =
      0;  // how long ago the oldest record that waits was finished; 0: none waits
};

// The store may take a record twice, for it tells by the request id; a segment is erased only when the store
// has all that is in it. While the store is away (any error but the two below) everything stays where it is.
// A record that the store refuses for itself goes to <spool>/rejected.jsonl: when it answers kInvalid or
// kTooLarge for that record alone, or kInternal twice while it takes others of the same batch. A store that
// answers kInternal to everything is broken, not the records: they wait.
class LedgerShipper {
 public:
  // All must outlive it.
  LedgerShipper(Spool& spool, LedgerStore& store, const Clock& clock, const Logger& logger,
                LedgerShipperOptions options = {});
  ~LedgerShipper() { stop(); }
  LedgerShipper(const LedgerShipper&) = delete;
  LedgerShipper& operator=(const LedgerShipper&) = delete;

  void start();
  // Returns when the batch under way has ended. What is left stays in the spool.
  void stop();
  // True: everything appended before the call is in the store (or among the rejected). False: the time was
  // not enough. From any thread but the shipper's. After Spool::seal(), true means an empty spool.
  bool flush(std::chrono::milliseconds timeout);
  LedgerShipperFigures figures() const;

  enum class Step : std::uint8_t {
    kIdle,     // nothing waits
    kShipped,  // a batch; there may be more
    kWaiting,  // the store did not take it; again after a while
  };
  // What the thread does over and over; tests call it instead of start().
  Step step();

 private:
  struct Sifting;
  void run();
  Status deliver();
  Status sift(Sifting& sifting, std::size_t begin, std::size_t end);
  Status reject(const std::vector<RejectedRecord>& rejects);
  Result<LedgerStore::Appended> append(std::size_t begin, std::size_t end);
  void went_away(const Error& error);
  void came_back();

  Spool& spool_;
  LedgerStore& store_;
  const Clock& clock_;
  const Logger& logger_;
  const LedgerShipperOptions options_;
  LedgerRejects rejects_;
  LedgerFeed feed_;
  LedgerBatch batch_;  // not accepted yet
  MonoMs retry_at_ms_ = 0;
  int retry_ms_ = 0;
  MonoMs away_since_ms_ = 0;
  std::atomic<std::uint64_t> shipped_{0}, known_{0}, rejected_{0}, failures_{0};
  std::atomic<bool> away_{false};
  std::atomic<std::int64_t> oldest_ended_ms_{0};

  std::mutex mutex_;  // guards what follows
  bool stop_ = false;
  std::uint64_t flush_wanted_ = 0;  // flushes asked for
  std::uint64_t flush_done_ = 0;    // and done
  std::condition_variable wake_;
  std::condition_variable flushed_;
  std::thread thread_;
};

}  // namespace moongate
