// One file of the spool: written by one worker through a mapping, brought to the disk by the spool's thread,
// read by the shipper.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "meter/spool_files.h"
#include "meter/spool_frame.h"

namespace moongate {

class SpoolSegment {
 public:
  // A fresh file with its header, mapped. Closes the descriptor, also when it fails. kInternal: no memory to
  // map it to.
  static Result<std::shared_ptr<SpoolSegment>> map(std::filesystem::path path, int fd,
                                                   const SpoolHeader& header);
  // One that another process left behind: sealed, and to be read up to its size.
  static std::shared_ptr<SpoolSegment> adopt(std::filesystem::path path, std::size_t bytes);
  ~SpoolSegment();
  SpoolSegment(const SpoolSegment&) = delete;
  SpoolSegment& operator=(const SpoolSegment&) = delete;

  const std::filesystem::path& path() const { return path_; }
  int worker() const { return worker_; }  // negative: adopted
  std::size_t bytes() const { return bytes_; }
  std::size_t committed() const {
    return committed_.load(std::memory_order_acquire);
  }  // readers may read up to here
  // Nothing will be appended any more; committed() as read afterwards is final.
  bool sealed() const { return sealed_.load(std::memory_order_acquire); }

  // The writer's thread. False: no room.
  bool append(std::string_view payload);
  void seal() { sealed_.store(true, std::memory_order_release); }

  // The spool's thread. Whether something was appended since the last sync() that succeeded.
  bool dirty() const { return committed() != synced_; }
  // Brings it to the disk, while the writer goes on in the next page. A sealed segment that is on the disk is
  // unmapped.
  Status sync(SpoolFiles& files);
  // Makes the pages that come next writable, so that this thread has the page faults and not the writer: a
  // fault waits for the file system's journal. The kernel takes them back when it writes dirty pages of its
  // own accord. At least 64 KiB, at least as much as came lately twice over, and `bytes`.
  void touch_ahead(std::size_t bytes = 0);

 private:
  SpoolSegment(std::filesystem::path path, int worker, std::uint32_t seed, std::size_t bytes,
               std::size_t committed);
  void unmap();

  const std::filesystem::path path_;
  const int worker_;
  const std::uint32_t seed_;
  const std::size_t bytes_;
  char* memory_ = nullptr;
  std::size_t synced_;
  std::size_t ahead_ = 0;  // bytes that the writer wrote between two syncs, lately
  alignas(64) std::atomic<std::size_t> committed_;
  std::atomic<std::size_t> syncing_to_{0};  // pages below are being synced; 0: none are
  std::atomic<bool> sealed_{false};
};

}  // namespace moongate
