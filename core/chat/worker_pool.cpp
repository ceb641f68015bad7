#include "chat/worker_pool.h"

#include <algorithm>
#include <chrono>

#include "chat/chat_model.h"
#include "chat/worker_command.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLook{100};
constexpr MonoMs kFirstPauseMs = 250;
constexpr MonoMs kLongestPauseMs = 30'000;

}  // namespace

Result<std::unique_ptr<WorkerPool>> WorkerPool::open(const Settings::CliWorkers& settings, fs::path folder, const Clock& clock,
                                                     Random& random, const Logger& log) {
  auto words = split_command(settings.command);
  if (!words) return words.error();
  std::error_code failed;
  fs::remove_all(folder, failed);
  fs::create_directories(folder, failed);
  if (!failed) fs::permissions(folder, fs::perms::owner_all, failed);
  if (failed) return Error(ErrorKind::kInvalid, "the workers' folder " + folder.string() + " cannot be made: " + failed.message());
  return std::unique_ptr<WorkerPool>(new WorkerPool(settings, std::move(*words), fs::absolute(folder), clock, random, log));
}

bool WorkerPool::serves(std::string_view model) const { return fits_any(settings_.models, model) && is_plain_name(model); }

WorkerPool::Health WorkerPool::health() const {
  const std::lock_guard lock(mutex_);
  Health health = health_;
  health.paused_ms = std::max<MonoMs>(paused_until_ - clock_.mono_ms(), 0);
  return health;
}

// Whoever is first in the next owner's line gets the place; that owner is last from then on.
void WorkerPool::call_next() {
  while (health_.running < settings_.processes && !lines_.empty()) {
    auto& [owner, line] = lines_.front();
    line.front()->called = true;
    line.pop_front();
    --health_.waiting;
    ++health_.running;
    if (line.empty()) lines_.pop_front();
    else lines_.splice(lines_.end(), lines_, lines_.begin());
  }
  called_.notify_all();
}

void WorkerPool::leave() {
  const std::lock_guard lock(mutex_);
  --health_.running;
  call_next();
}

void WorkerPool::leave_line(const std::string& owner, const std::shared_ptr<Waiting>& waiting) {
  const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const auto& each) { return each.first == owner; });
  if (line == lines_.end()) return;
  const auto removed = std::remove(line->second.begin(), line->second.end(), waiting);
  if (removed != line->second.end()) --health_.waiting;
  line->second.erase(removed, line->second.end());
  if (line->second.empty()) lines_.erase(line);
}

Status WorkerPool::wait_for_place(const std::string& owner, const std::function<bool()>& gone) {
  const MonoMs deadline = clock_.mono_ms() + settings_.timeout_ms;
  std::unique_lock lock(mutex_);
  if (health_.running >= settings_.processes && health_.waiting >= settings_.queue) {
    ++health_.refused;
    return Error(ErrorKind::kRateLimited, "As many requests wait for a worker as may (worker.queue); try again shortly.", ErrorSource::kClient);
  }
  auto waiting = std::make_shared<Waiting>();
  auto line = std::find_if(lines_.begin(), lines_.end(), [&](const auto& each) { return each.first == owner; });
  if (line == lines_.end()) line = lines_.emplace(lines_.end(), owner, Line());
  line->second.push_back(waiting);
  ++health_.waiting;
  call_next();
  while (!waiting->called || paused_until_ > clock_.mono_ms()) {
    called_.wait_for(lock, kLook);
    lock.unlock();
    const bool left = gone();
    lock.lock();
    const bool late = clock_.mono_ms() >= deadline;
    if (!left && !late) continue;
    if (waiting->called) {
      --health_.running;
      call_next();
    } else {
      leave_line(owner, waiting);
    }
    if (left) return Error(ErrorKind::kCanceled, "The client has left.", ErrorSource::kClient);
    return Error(ErrorKind::kTimeout, "No worker had time for this request (worker.timeout_ms).");
  }
  return {};
}

Result<std::unique_ptr<WorkerProcess>> WorkerPool::start_process(std::string_view model) {
  WorkerProcess::Options options;
  options.folder = folder_ / random_token(random_, 22);
  std::error_code failed;
  fs::create_directory(options.folder, failed);
  if (!failed) fs::permissions(options.folder, fs::perms::owner_all, failed);
  if (failed) return Error(ErrorKind::kUnavailable, "a worker's folder cannot be made: " + failed.message());
  options.words = fill_in(words_, model);
  options.environment = worker_environment(settings_.environment, options.folder.string(), own_environment());
  options.cpu_seconds = settings_.timeout_ms / 1000 + 10;
  auto process = WorkerProcess::start(options);
  if (!process) fs::remove_all(options.folder, failed);
  return process;
}

Result<std::unique_ptr<WorkerPool::Place>> WorkerPool::take(const std::string& owner, std::string_view model,
                                                            const std::function<bool()>& gone) {
  if (Status placed = wait_for_place(owner, gone); !placed) return placed.error();
  auto process = start_process(model);
  if (!process) {
    note_failure(process.error().message, true);
    leave();
    return process.error();
  }
  return std::make_unique<Place>(*this, std::move(*process));
}

void WorkerPool::note_failure(std::string why, bool pause) {
  log_.warn("a worker failed", {{"reason", why}});
  const std::lock_guard lock(mutex_);
  ++health_.failed;
  health_.last_failure = std::move(why);
  health_.last_failure_s = clock_.unix_seconds();
  if (!pause) return;
  const int doublings = std::min(failures_in_a_row_++, 10);
  paused_until_ = clock_.mono_ms() + std::min(kFirstPauseMs << doublings, kLongestPauseMs);
}

void WorkerPool::Place::failed(std::string why, bool said_something) {
  if (process_->error_bytes() > 0) why += "; it wrote " + std::to_string(process_->error_bytes()) + " bytes to its standard error";
  pool_.note_failure(std::move(why), !said_something);
}

void WorkerPool::Place::done() {
  const std::lock_guard lock(pool_.mutex_);
  ++pool_.health_.done;
  pool_.failures_in_a_row_ = 0;
  pool_.paused_until_ = 0;
}

WorkerPool::Place::~Place() {
  process_.reset();
  pool_.leave();
}

}  // namespace moongate
