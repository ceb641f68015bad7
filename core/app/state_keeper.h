// Keeps what workers need of the store in memory, and up to date: no request waits for a database to learn who may call
// or who can pay.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "proxy/balances.h"
#include "proxy/known_use.h"
#include "proxy/stored_clients.h"
#include "store/store.h"

namespace moongate {

class StateKeeper {
 public:
  struct Options {
    int poll_ms = 500;      // between two looks at the directory's generation
    bool balances = false;  // balances are read every second
    int keep_days = 0;      // single rows of the ledger; 0: for good
  };
  // What was read, as immutable values. Called from read() on the caller's thread, later on the keeper's.
  struct Publish {
    // A new generation: everything that was read under an older one is stale.
    std::function<void(std::shared_ptr<const StoredClients>)> clients;
    std::function<void(std::vector<UpstreamAccountRecord>)> accounts;
    std::function<void(std::shared_ptr<const Balances>)> balances;
    std::function<void(std::shared_ptr<const UseSums>)> use;
  };

  // The references must outlive it.
  StateKeeper(Store& store, const Clock& clock, const Logger& log, Options options, Publish publish);
  ~StateKeeper();
  StateKeeper(const StateKeeper&) = delete;

  // The first read, on the caller's thread. Error: what the store says.
  Status read() { return look(); }
  // A thread that goes on.
  void start();
  // Somebody heard of a change: look at once, at balances too. Safe from any thread.
  void nudge();
  // The newest generation that was read.
  std::int64_t generation() const { return generation_.load(); }
  // False while the store does not answer; what was read before stays in force.
  bool store_answers() const { return store_answers_.load(); }

 private:
  void run();
  Status look();
  Status read_directory(std::int64_t generation);
  Status read_balances();
  Status read_use();
  void erase_old_rows();

  Store& store_;
  const Clock& clock_;
  const Logger& log_;
  Options options_;
  Publish publish_;
  std::atomic<std::int64_t> generation_{-1};
  std::atomic<bool> store_answers_{true};
  std::int64_t balances_read_ms_ = 0;
  std::int64_t use_read_ms_ = 0;
  std::int64_t erase_ms_ = 0;  // when old rows are looked for next
  std::int64_t erased_ = 0;    // since that was told
  std::mutex mutex_;  // guards the two below
  std::condition_variable woken_;
  bool nudged_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace moongate
