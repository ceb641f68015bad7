#include "meter/spool_segment.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace moongate {
namespace {

constexpr std::size_t kLeastAhead = 64 * 1024;

std::size_t kernel_page() {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

SpoolSegment::SpoolSegment(std::filesystem::path path, int worker, std::uint32_t seed, std::size_t bytes,
                           std::size_t committed)
    : path_(std::move(path)),
      worker_(worker),
      seed_(seed),
      bytes_(bytes),
      synced_(committed),
      committed_(committed) {}

SpoolSegment::~SpoolSegment() { unmap(); }

Result<std::shared_ptr<SpoolSegment>> SpoolSegment::map(std::filesystem::path path, int fd,
                                                        const SpoolHeader& header) {
  const std::size_t bytes = header.segment_bytes;
  std::shared_ptr<SpoolSegment> segment(new SpoolSegment(std::move(path), static_cast<int>(header.worker),
                                                         header.seed, bytes, kSpoolHeaderBytes));
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const int code = errno;
  ::close(fd);  // the mapping holds the file
  if (memory == MAP_FAILED) {
    return Error(ErrorKind::kInternal,
                 "cannot map the spool segment " + segment->path_.string() + ": " + std::strerror(code));
  }
  segment->memory_ = static_cast<char*>(memory);
  ::madvise(memory, bytes, MADV_DONTFORK);
  return segment;
}

std::shared_ptr<SpoolSegment> SpoolSegment::adopt(std::filesystem::path path, std::size_t bytes) {
  std::shared_ptr<SpoolSegment> segment(new SpoolSegment(std::move(path), -1, 0, bytes, bytes));
  segment->seal();
  return segment;
}

bool SpoolSegment::append(std::string_view payload) {
  std::size_t at = committed_.load(std::memory_order_relaxed);
  // A page on its way to the disk is read-only: writing to it would wait for the kernel. The rest of it stays
  // unused.
  if (at < syncing_to_.load(std::memory_order_acquire)) at = next_spool_page(at);
  const std::size_t size = spool_frame_size(payload.size());
  if (at > bytes_ || bytes_ - at < size) return false;
  write_spool_frame(memory_ + at, seed_, payload);
  committed_.store(at + size, std::memory_order_release);
  return true;
}

Status SpoolSegment::sync(SpoolFiles& files) {
  if (memory_ == nullptr) return {};
  const bool last = sealed();
  const std::size_t before = synced_;
  const std::size_t now = committed();
  if (now != before) {
    syncing_to_.store(next_spool_page(now), std::memory_order_release);
    const std::size_t begin = before / kernel_page() * kernel_page();
    const Status ok = files.sync(memory_ + begin, now - begin, path_);
    if (ok) {
      synced_ = now;
      ahead_ = std::max(now - before, ahead_ / 2);
    }
    if (!last) touch_ahead();
    syncing_to_.store(0, std::memory_order_release);
    if (!ok) return ok;
  }
  if (last) unmap();
  return {};
}

void SpoolSegment::touch_ahead(std::size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  if (memory_ == nullptr || sealed()) return;
  const std::size_t page = kernel_page();
  const std::size_t begin = committed() / page * page;
  const std::size_t end = std::min(begin + std::max({kLeastAhead, 2 * ahead_, bytes}), bytes_) / page * page;
  // A kernel before 5.14 does not know it: then the writer takes the faults.
  if (begin < end) ::madvise(memory_ + begin, end - begin, MADV_POPULATE_WRITE);
#endif
}

void SpoolSegment::unmap() {
  if (memory_ != nullptr) ::munmap(std::exchange(memory_, nullptr), bytes_);
}

}  // namespace moongate
