// Work that takes longer than a request should: it runs on a thread of its own, and tells how far it is.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/random.h"

namespace moongate {

// Safe from any thread. Its jobs are those of this process; what has ended is forgotten when there are many.
class JobRegistry {
 public:
  struct View {
    std::string id;     // "j-…"
    std::string kind;   // "reprice", "policy test"
    std::string state;  // "running", "done", "failed"
    std::string actor;
    std::int64_t done = 0, total = 0;  // in steps; total 0: not known
    std::string message;               // what came out, or why it failed
    std::string result;                // JSON; empty: the message says it all
    std::int64_t started_at_s = 0, ended_at_s = 0;
  };
  struct Outcome {
    std::string message, result;
  };
  // False: the process ends, and the job should, too.
  using Progress = std::function<bool(std::int64_t done, std::int64_t total)>;
  using Work = std::function<Result<Outcome>(const Progress&)>;

  // Both must outlive it.
  JobRegistry(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  // Waits for what runs, having told it to end.
  ~JobRegistry();
  JobRegistry(const JobRegistry&) = delete;

  // The job's id. kRateLimited: one of this kind runs already, or many do.
  Result<std::string> start(std::string kind, std::string actor, Work work);
  std::vector<View> list() const;  // newest first
  std::optional<View> find(std::string_view id) const;

 private:
  struct Job {
    View view;
    std::thread thread;
  };
  void run(Job& job, const Work& work);
  void forget_old();

  const Clock& clock_;
  Random& random_;
  std::atomic<bool> ending_{false};
  mutable std::mutex mutex_;  // guards the next, and every view
  std::list<Job> jobs_;       // oldest first
};

}  // namespace moongate
