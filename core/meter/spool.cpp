#include "meter/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/thread_name.h"
#include "crypto/secret_file.h"
#include "meter/spool_frame.h"

namespace moongate {
namespace {

constexpr std::size_t kUsualSegment = 2 << 20;
constexpr std::size_t kSmallestSegment = 64 * 1024;
constexpr std::uint64_t kSegmentsEach = 3;  // one being written, two prepared
constexpr MonoMs kTellAgainMs = 10'000;
constexpr MonoMs kTouchMs = 1000;  // the kernel writes what is dirty for long and makes it read-only

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

// The largest that lets each writer have twice what it needs, in whole pages.
std::size_t usual_segment(std::uint64_t max_bytes, int writers) {
  const std::uint64_t share =
      max_bytes / (2 * kSegmentsEach * static_cast<std::uint64_t>(writers)) / 4096 * 4096;
  return std::clamp<std::size_t>(share, kSmallestSegment, kUsualSegment);
}

Result<int> lock_directory(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return Error(ErrorKind::kInternal,
                 "cannot write to the spool " + dir.string() + ": " + std::strerror(errno));
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  ::close(fd);
  return Error(ErrorKind::kUnavailable, "another gateway writes to the spool " + dir.string() +
                                            "; stop it, or give this one a ledger.dir of its own");
}

}  // namespace

std::string_view to_string(SpoolState state) {
  switch (state) {
    case SpoolState::kOk:
      return "ok";
    case SpoolState::kFull:
      return "full";
    case SpoolState::kFailing:
      return "failing";
  }
  return "failing";
}

bool SpoolWriter::append(std::string_view payload) {
  // Only this thread writes the counters: no locked instruction.
  const auto count = [](std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  };
  if (payload.empty() || payload.size() > kLongestSpoolPayload) {
    count(oversized_);
    return false;
  }
  while (current_ == nullptr || !current_->append(payload)) {
    if (!turn_over()) {
      count(lost_);
      return false;
    }
  }
  count(appended_);
  return true;
}

// A segment without room for this record is left only for another: a shorter record may still fit.
bool SpoolWriter::turn_over() {
  if (closed_) return false;
  SpoolSegment* next = spares_[taken_ % kMostSpares].exchange(nullptr, std::memory_order_acquire);
  if (next == nullptr) return false;
  ++taken_;
  if (spares_[taken_ % kMostSpares].load(std::memory_order_relaxed) == nullptr) {
    last_segments_.store(last_segments_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    accepting_.store(false);
  }
  if (current_ != nullptr) current_->seal();
  current_ = next;
  return true;
}

std::size_t SpoolWriter::spares_left() const {
  return static_cast<std::size_t>(std::count_if(spares_.begin(), spares_.end(), [](const auto& spare) {
    return spare.load(std::memory_order_relaxed) != nullptr;
  }));
}

Spool::Spool(SpoolOptions options, const Clock& clock, const Logger& logger,
             std::unique_ptr<SpoolFiles> files, int lock_fd)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      files_(std::move(files)),
      lock_fd_(lock_fd),
      sequences_(static_cast<std::size_t>(options_.writers)) {
  for (int i = 0; i < options_.writers; ++i) writers_.push_back(std::make_unique<SpoolWriter>(accepting_));
}

Result<std::unique_ptr<Spool>> Spool::open(SpoolOptions options, const Clock& clock, const Logger& logger,
                                           std::unique_ptr<SpoolFiles> files) {
  options.writers = std::max(options.writers, 1);
  options.segment_bytes = (options.segment_bytes + 4095) / 4096 * 4096;
  if (options.segment_bytes == 0) options.segment_bytes = usual_segment(options.max_bytes, options.writers);
  const std::uint64_t least =
      kSegmentsEach * static_cast<std::uint64_t>(options.writers) * options.segment_bytes;
  if (least > options.max_bytes) {
    return Error(ErrorKind::kInvalid, "ledger.spool_mb is too small for " + std::to_string(options.writers) +
                                          " workers; it takes at least " + mebibytes(least));
  }
  if (Status made = create_private_directory(options.dir); !made) return made.error();
  Result<int> lock = lock_directory(options.dir);
  if (!lock) return lock.error();
  if (files == nullptr) files = std::make_unique<DiskSpoolFiles>();
  std::unique_ptr<Spool> spool(new Spool(std::move(options), clock, logger, std::move(files), *lock));
  if (Status ok = spool->adopt(); !ok) return ok.error();
  if (Status ok = spool->tick(); !ok) return ok.error();
  // Each writer begins with a segment, and with two prepared.
  for (const auto& writer : spool->writers_) writer->turn_over();
  if (Status ok = spool->tick(); !ok) return ok.error();
  if (spool->options_.background) {
    spool->thread_ = std::thread([raw = spool.get()] {
      name_this_thread("spool");
      raw->run();
    });
  }
  return spool;
}

Spool::~Spool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  seal();
  // A failure was logged and counted; there is nobody left to tell.
  if (Status ignored = tick(); !ignored) {
  }
  ::close(lock_fd_);
}

// What other processes wrote and nobody shipped. Names sort by start, worker and sequence.
Status Spool::adopt() {
  std::vector<std::filesystem::path> left;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(options_.dir, failed)) {
    std::error_code ignored;
    if (entry.is_symlink(ignored) || !entry.is_regular_file(ignored)) continue;
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".seg") left.push_back(path);
    if (path.extension() == ".new") std::filesystem::remove(path, ignored);  // never had a record
  }
  if (failed) {
    return Error(ErrorKind::kInternal,
                 "cannot list the spool " + options_.dir.string() + ": " + failed.message());
  }
  std::sort(left.begin(), left.end());
  // Later than all that is there, also when the clock was set back.
  auto start = static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.unix_ms(), 0));
  for (const std::filesystem::path& path : left) {
    const std::string name = path.filename().string();
    std::uint64_t earlier = 0;
    const char* dash = name.data() + std::min(name.find('-'), name.size());
    const auto [end, problem] = std::from_chars(name.data(), dash, earlier, 16);
    if (problem == std::errc() && end == dash && earlier < (1ULL << 48)) start = std::max(start, earlier + 1);
    const std::uintmax_t bytes = std::filesystem::file_size(path, failed);
    if (failed) continue;  // gone since
    segments_.push_back(SpoolSegment::adopt(path, bytes));
    bytes_on_disk_ += bytes;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%012" PRIx64, start);
  start_ = text;
  if (!left.empty()) {
    logger_.info("the spool holds what an earlier run of the gateway has not shipped",
                 {{"dir", options_.dir.string()}, {"segments", left.size()}});
  }
  return {};
}

void Spool::run() {
  const auto pause = std::chrono::milliseconds(std::max(options_.sync_ms / 2, 1));
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, pause, [this] { return stop_ || space_back_; });
    lock.unlock();
    // What failed is in the state; the next turn tries again.
    if (Status ignored = tick(); !ignored) {
    }
    lock.lock();
  }
}

Status Spool::tick() {
  std::lock_guard turn(turn_);
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(space_back_, false)) prepare_again_ms_ = 0;
  }
  Status synced = sync_segments();
  if (sealed_) return synced;
  prepare_spares(synced);
  if (!synced) {
    tell(SpoolState::kFailing, synced.error().describe());
  } else if (!prepared_) {
    const bool full = prepared_.error().kind == ErrorKind::kUnavailable;
    tell(full ? SpoolState::kFull : SpoolState::kFailing, prepared_.error().describe());
  } else {
    tell(SpoolState::kOk, "");
  }
  tell_counts();
  return synced;
}

Status Spool::sync_segments() {
  synced_ms_ = clock_.mono_ms();
  Status first;
  const bool touch = synced_ms_ - touched_ms_ >= kTouchMs;
  if (touch) touched_ms_ = synced_ms_;
  for (const std::shared_ptr<SpoolSegment>& segment : segments()) {
    const bool dirty = segment->dirty();
    Status ok = segment->sync(*files_);
    if (touch && !dirty) segment->touch_ahead();
    if (!ok) {
      ++sync_failures_;
      if (first) first = ok;
    } else if (dirty) {
      ++syncs_;
    }
  }
  return first;
}

void Spool::tell(SpoolState state, const std::string& reason) {
  const SpoolState before = state_.exchange(state);
  accepting_.store(state == SpoolState::kOk);
  // A writer may have begun its last segment since they were counted.
  for (const auto& writer : writers_) {
    if (writer->spares_left() == 0) accepting_.store(false);
  }
  if (before == state) return;
  if (state == SpoolState::kOk) {
    logger_.info("the ledger's spool can be written again", {{"dir", options_.dir.string()}});
  } else {
    logger_.error(
        "THE LEDGER CANNOT BE WRITTEN: finished requests may go unmetered (ledger.when_full decides)",
        {{"dir", options_.dir.string()}, {"state", to_string(state)}, {"reason", reason}});
  }
  if (options_.on_change) options_.on_change(state, reason);
}

// What only the writers know, and may not stop to say.
void Spool::tell_counts() {
  const SpoolFigures now = figures();
  if (now.oversized != oversized_told_) {
    logger_.error("a finished request is too large for the spool and is not in the ledger",
                  {{"requests", static_cast<std::int64_t>(now.oversized - oversized_told_)}});
    oversized_told_ = now.oversized;
  }
  const bool lately = last_segments_told_ms_ != 0 && clock_.mono_ms() - last_segments_told_ms_ < kTellAgainMs;
  if (now.last_segments == last_segments_told_ || lately) return;
  logger_.warn(
      "finished requests come faster than the disk makes room for them; ledger.when_full decides about new "
      "ones",
      {{"dir", options_.dir.string()},
       {"times", static_cast<std::int64_t>(now.last_segments - last_segments_told_)},
       {"lost", static_cast<std::int64_t>(now.lost)}});
  last_segments_told_ = now.last_segments;
  last_segments_told_ms_ = clock_.mono_ms();
}

void Spool::seal() {
  std::lock_guard turn(turn_);
  if (std::exchange(sealed_, true)) return;
  accepting_.store(false, std::memory_order_relaxed);
  for (const auto& writer : writers_) {
    writer->closed_ = true;
    if (SpoolSegment* last = std::exchange(writer->current_, nullptr)) last->seal();
    for (auto& spare : writer->spares_) {
      if (SpoolSegment* unused = spare.exchange(nullptr)) unused->seal();
    }
  }
  for (const std::shared_ptr<SpoolSegment>& segment : segments()) {
    if (segment->worker() >= 0 && segment->committed() == kSpoolHeaderBytes) erase(segment);
  }
}

SpoolFigures Spool::figures() const {
  SpoolFigures figures;
  for (const auto& writer : writers_) {
    figures.appended += writer->appended_.load(std::memory_order_relaxed);
    figures.lost += writer->lost_.load(std::memory_order_relaxed);
    figures.oversized += writer->oversized_.load(std::memory_order_relaxed);
    figures.last_segments += writer->last_segments_.load(std::memory_order_relaxed);
  }
  figures.syncs = syncs_;
  figures.sync_failures = sync_failures_;
  figures.torn_segments = torn_;
  figures.bytes_on_disk = bytes_on_disk_;
  std::lock_guard lock(mutex_);
  figures.segments = segments_.size();
  return figures;
}

std::vector<std::shared_ptr<SpoolSegment>> Spool::segments() const {
  std::lock_guard lock(mutex_);
  return segments_;
}

void Spool::erase(const std::shared_ptr<SpoolSegment>& segment) {
  // One that comes back after a power failure is shipped again, and known.
  ::unlink(segment->path().c_str());
  forget(segment);
}

void Spool::set_aside(const std::shared_ptr<SpoolSegment>& segment) {
  const std::filesystem::path aside = segment->path().string() + ".torn";
  std::error_code failed;
  std::filesystem::rename(segment->path(), aside, failed);
  ++torn_;
  logger_.error(
      "a segment of the ledger's spool is damaged and was set aside; what follows the damage is not shipped",
      {{"file", aside.string()}, {"problem", failed ? failed.message() : ""}});
  forget(segment);
}

void Spool::forget(const std::shared_ptr<SpoolSegment>& segment) {
  bytes_on_disk_ -= segment->bytes();
  {
    std::lock_guard lock(mutex_);
    std::erase(segments_, segment);
    space_back_ = true;
  }
  wake_.notify_all();
}

}  // namespace moongate
