// Finished requests wait here, on this machine's disk, until the store has them.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "meter/spool_files.h"
#include "meter/spool_segment.h"

namespace moongate {

enum class SpoolState : std::uint8_t {
  kOk,
  kFull,    // the disk is, or what max_bytes allows is used up
  kFailing  // the disk refuses to write or to sync for another reason
};
std::string_view to_string(SpoolState state);

struct SpoolOptions {
  std::filesystem::path dir;  // made 0700; one process at a time
  int writers = 1;
  int sync_ms = 50;  // what was appended is on the disk so much later, and as long as the disk takes
  std::uint64_t max_bytes = 1ULL << 30;
  std::size_t segment_bytes = 0;  // 0: 2 MiB, less where max_bytes is small for so many writers
  bool background = true;         // false: only tick() does the work (tests)
  // Called by the spool's thread on every change, with the reason. Must not block for long.
  std::function<void(SpoolState, const std::string&)> on_change;
};

struct SpoolFigures {
  std::uint64_t appended = 0;
  std::uint64_t lost = 0;       // append() found no room
  std::uint64_t oversized = 0;  // append() was given nothing, or more than kLongestSpoolPayload
  std::uint64_t last_segments =
      0;  // a writer began its last segment: the disk was too slow to prepare others
  std::uint64_t syncs = 0;
  std::uint64_t sync_failures = 0;
  std::uint64_t torn_segments = 0;  // set aside as damaged since the start
  std::uint64_t bytes_on_disk = 0;  // segments, prepared ones too
  std::uint64_t segments = 0;
};

// One per worker, used by that worker's thread alone.
class alignas(64) SpoolWriter {
 public:
  explicit SpoolWriter(std::atomic<bool>& accepting) : accepting_(accepting) {}
  // After true the payload survives the end of this process, however it ends; and a power failure, sync_ms
  // later. A copy and a checksum: no lock, no system call, and pages that are not on their way to the disk
  // (docs/ledger.md has figures). False, and counted: there is no room, or the payload is none.
  bool append(std::string_view payload);

 private:
  friend class Spool;
  static constexpr std::size_t kSpares = 2;      // that a writer must have
  static constexpr std::size_t kMostSpares = 8;  // that a busy one gets, where there is room
  bool turn_over();
  std::size_t spares_left() const;

  std::atomic<bool>& accepting_;  // the spool's
  SpoolSegment* current_ = nullptr;
  unsigned taken_ = 0;  // spares, so far
  bool closed_ = false;
  std::atomic<std::uint64_t> appended_{0}, lost_{0}, oversized_{0}, last_segments_{0};
  // Filled by the spool's thread, in order.
  alignas(64) std::array<std::atomic<SpoolSegment*>, kMostSpares> spares_{};
  unsigned given_ = 0;
  std::size_t used_before_ = 0;  // of those given, a second ago
  std::size_t wanted_ = kSpares;
};

// Segment files <start>-<worker>-<sequence>.seg in one directory. A thread of its own syncs what was appended
// and keeps prepared segments for each writer, so that a writer never makes a file: two, and what it needs in
// two seconds. As soon as one cannot be made, or a writer begins its last, the spool stops accepting(): what
// is under way still finds room.
class Spool {
 public:
  // Makes the directory, locks it, adopts the segments that earlier processes left, prepares new ones. A disk
  // that is full is no error here, but a state. kUnavailable: another process has the directory; kInvalid:
  // max_bytes is too small for so many writers; else the directory cannot be made or written.
  static Result<std::unique_ptr<Spool>> open(SpoolOptions options, const Clock& clock, const Logger& logger,
                                             std::unique_ptr<SpoolFiles> files = nullptr);
  // seal()s and syncs. What was not shipped stays for the next start.
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  SpoolWriter& writer(int index) { return *writers_[static_cast<std::size_t>(index)]; }
  // From any thread; costs a load. False: a request that begins now might not find room at its end.
  bool accepting() const { return accepting_.load(std::memory_order_relaxed); }
  SpoolState state() const { return state_.load(std::memory_order_relaxed); }
  SpoolFigures figures() const;
  const std::filesystem::path& dir() const { return options_.dir; }

  // Ends all writing: the writers' threads must have stopped. Segments that hold nothing are erased.
  void seal();
  // One turn of the spool's thread: syncs, prepares. Safe beside it. Error: the first that a sync met.
  Status tick();

  // For the shipper. Those with a writer and those left behind, each writer's in the order they were written.
  std::vector<std::shared_ptr<SpoolSegment>> segments() const;
  // Erases a sealed segment whose frames all are in the store.
  void erase(const std::shared_ptr<SpoolSegment>& segment);
  // Renames a sealed segment that is damaged to ….seg.torn, for an operator to look at; the spool forgets it.
  void set_aside(const std::shared_ptr<SpoolSegment>& segment);

 private:
  Spool(SpoolOptions options, const Clock& clock, const Logger& logger, std::unique_ptr<SpoolFiles> files,
        int lock_fd);
  Status adopt();
  void run();
  Status sync_segments();
  void count_wanted();
  void prepare_spares(Status& synced);
  Status prepare(std::size_t worker);
  void forget(const std::shared_ptr<SpoolSegment>& segment);
  void tell(SpoolState state, const std::string& reason);
  void tell_counts();

  const SpoolOptions options_;
  const Clock& clock_;
  const Logger& logger_;
  const std::unique_ptr<SpoolFiles> files_;
  const int lock_fd_;
  std::string start_;  // begins the names of this process's segments
  std::vector<std::unique_ptr<SpoolWriter>> writers_;
  std::atomic<bool> accepting_{false};
  std::atomic<SpoolState> state_{SpoolState::kOk};
  std::atomic<std::uint64_t> bytes_on_disk_{0}, syncs_{0}, sync_failures_{0}, torn_{0};

  std::mutex turn_;  // one tick at a time; guards until segments_
  std::vector<std::uint32_t> sequences_;
  Status prepared_;
  MonoMs prepare_again_ms_ = 0;
  MonoMs synced_ms_ = 0;
  MonoMs touched_ms_ = 0;
  MonoMs counted_ms_ = 0;
  bool sealed_ = false;
  std::uint64_t oversized_told_ = 0, last_segments_told_ = 0;
  MonoMs last_segments_told_ms_ = 0;

  mutable std::mutex mutex_;  // guards what follows; never held while the disk works
  std::vector<std::shared_ptr<SpoolSegment>> segments_;
  bool stop_ = false;
  bool space_back_ = false;  // something was erased
  std::condition_variable wake_;
  std::thread thread_;  // the last member: it uses all the others
};

}  // namespace moongate
