// How many workers run at once, who waits for one, and how they have been doing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "chat/worker_process.h"
#include "config/settings.h"
#include "crypto/random.h"

namespace moongate {

// Safe from any thread.
class WorkerPool {
 public:
  // kInvalid: worker.command cannot be read. What is left of an earlier life's folders goes.
  static Result<std::unique_ptr<WorkerPool>> open(const Settings::CliWorkers& settings, std::filesystem::path folder,
                                                  const Clock& clock, Random& random, const Logger& log);

  // A place, and the process in it. Destroyed, it makes room for the next who waits.
  class Place {
   public:
    Place(WorkerPool& pool, std::unique_ptr<WorkerProcess> process) : pool_(pool), process_(std::move(process)) {}
    ~Place();
    Place(const Place&) = delete;
    WorkerProcess& process() { return *process_; }
    // For the log. One that ended before it had said anything may be the command's fault: the pool lets some time pass
    // before it starts another, longer with each in a row.
    void failed(std::string why, bool said_something);
    void done();

   private:
    WorkerPool& pool_;
    std::unique_ptr<WorkerProcess> process_;
  };

  // Waits for a place: users take turns, each one's requests in order. `owner`: whose request it is. kRateLimited: as many
  // wait as may; kCanceled: `gone` said so; kUnavailable: no process can be started; kTimeout.
  Result<std::unique_ptr<Place>> take(const std::string& owner, std::string_view model, const std::function<bool()>& gone);

  bool serves(std::string_view model) const;
  const Settings::CliWorkers& settings() const { return settings_; }

  struct Health {
    int running = 0, waiting = 0;
    std::uint64_t done = 0, failed = 0, refused = 0;
    std::int64_t paused_ms = 0;  // until the next is started; 0: none has failed lately
    std::string last_failure;
    std::int64_t last_failure_s = 0;
  };
  Health health() const;

 private:
  WorkerPool(const Settings::CliWorkers& settings, std::vector<std::string> words, std::filesystem::path folder,
             const Clock& clock, Random& random, const Logger& log)
      : settings_(settings), words_(std::move(words)), folder_(std::move(folder)), clock_(clock), random_(random), log_(log) {}

  struct Waiting {
    bool called = false;
  };
  using Line = std::deque<std::shared_ptr<Waiting>>;

  Status wait_for_place(const std::string& owner, const std::function<bool()>& gone);
  Result<std::unique_ptr<WorkerProcess>> start_process(std::string_view model);
  void leave_line(const std::string& owner, const std::shared_ptr<Waiting>& waiting);
  void call_next();            // under the lock
  void leave();
  void note_failure(std::string why, bool pause);

  const Settings::CliWorkers& settings_;
  const std::vector<std::string> words_;
  const std::filesystem::path folder_;
  const Clock& clock_;
  Random& random_;
  const Logger& log_;

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable called_;
  std::list<std::pair<std::string, Line>> lines_;  // by owner; the first is the next to be called
  Health health_;
  int failures_in_a_row_ = 0;
  MonoMs paused_until_ = 0;
};

}  // namespace moongate
