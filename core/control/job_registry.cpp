#include "control/job_registry.h"

#include <algorithm>

#include "base/thread_name.h"

namespace moongate {
namespace {
constexpr std::size_t kKept = 100;
constexpr std::ptrdiff_t kMostRunning = 4;
}  // namespace

JobRegistry::~JobRegistry() {
  ending_ = true;
  for (Job& job : jobs_) {
    if (job.thread.joinable()) job.thread.join();
  }
}

Result<std::string> JobRegistry::start(std::string kind, std::string actor, Work work) {
  const std::lock_guard lock(mutex_);
  const auto running = [](const Job& job) { return job.view.state == "running"; };
  if (std::any_of(jobs_.begin(), jobs_.end(), [&](const Job& job) { return running(job) && job.view.kind == kind; })) {
    return Error(ErrorKind::kRateLimited, "A " + kind + " is under way already; GET jobs tells how far it is.");
  }
  if (std::count_if(jobs_.begin(), jobs_.end(), running) >= kMostRunning) {
    return Error(ErrorKind::kRateLimited, "Too many jobs are under way; try again when one has ended.");
  }
  forget_old();
  Job& job = jobs_.emplace_back();
  job.view.id = "j-" + random_token(random_, 16);
  job.view.kind = std::move(kind);
  job.view.actor = std::move(actor);
  job.view.state = "running";
  job.view.started_at_s = clock_.unix_seconds();
  job.thread = std::thread([this, &job, work = std::move(work)] { run(job, work); });
  return job.view.id;
}

void JobRegistry::run(Job& job, const Work& work) {
  name_this_thread("job");
  Result<Outcome> outcome = work([this, &job](std::int64_t done, std::int64_t total) {
    const std::lock_guard lock(mutex_);
    job.view.done = done;
    job.view.total = total;
    return !ending_;
  });
  const std::lock_guard lock(mutex_);
  job.view.ended_at_s = clock_.unix_seconds();
  job.view.state = outcome ? "done" : "failed";
  job.view.message = outcome ? std::move(outcome->message) : outcome.error().describe();
  if (outcome) job.view.result = std::move(outcome->result);
}

// The lock is held.
void JobRegistry::forget_old() {
  for (auto job = jobs_.begin(); job != jobs_.end() && jobs_.size() >= kKept;) {
    if (job->view.state == "running") {
      ++job;
      continue;
    }
    job->thread.join();  // it has let go of the lock for the last time
    job = jobs_.erase(job);
  }
}

std::vector<JobRegistry::View> JobRegistry::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<View> views;
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) views.push_back(job->view);
  return views;
}

std::optional<JobRegistry::View> JobRegistry::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  for (const Job& job : jobs_) {
    if (job.view.id == id) return job.view;
  }
  return std::nullopt;
}

}  // namespace moongate
