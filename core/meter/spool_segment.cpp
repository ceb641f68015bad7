#include "meter/spool_segment.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "meter/spool_frame.h"

namespace moongate {
namespace {

constexpr std::size_t kPage = 4096;

}  // namespace

SpoolSegment::SpoolSegment(std::filesystem::path path, int worker, std::size_t bytes, std::size_t committed)
    : path_(std::move(path)), worker_(worker), bytes_(bytes), synced_(committed), committed_(committed) {}

SpoolSegment::~SpoolSegment() { close(); }

Result<std::shared_ptr<SpoolSegment>> SpoolSegment::map(std::filesystem::path path, int worker, int fd,
                                                        std::size_t bytes) {
  std::shared_ptr<SpoolSegment> segment(new SpoolSegment(std::move(path), worker, bytes, kSpoolHeaderBytes));
  segment->fd_ = fd;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    return Error(ErrorKind::kInternal,
                 "cannot map the spool segment " + segment->path_.string() + ": " + std::strerror(errno));
  }
  segment->memory_ = static_cast<char*>(memory);
  ::madvise(memory, bytes, MADV_DONTFORK);
  segment->touch(0, 4 * kPage);
  return segment;
}

std::shared_ptr<SpoolSegment> SpoolSegment::adopt(std::filesystem::path path, std::size_t bytes) {
  std::shared_ptr<SpoolSegment> segment(new SpoolSegment(std::move(path), -1, bytes, bytes));
  segment->seal();
  return segment;
}

bool SpoolSegment::append(std::string_view payload) {
  const std::size_t at = committed_.load(std::memory_order_relaxed);
  const std::size_t size = spool_frame_size(payload.size());
  if (bytes_ - at < size) return false;
  write_spool_frame(memory_ + at, payload);
  committed_.store(at + size, std::memory_order_release);
  return true;
}

Status SpoolSegment::sync(SpoolFiles& files) {
  if (memory_ == nullptr) return {};
  const bool last = sealed();
  const std::size_t before = synced_;
  const std::size_t now = committed();
  if (now != before) {
    if (Status ok = files.sync(fd_, path_); !ok) return ok;
    synced_ = now;
  }
  if (last) {
    close();
  } else if (now != before) {
    // The sync made the pages read-only. As much again as came since the last one, and twice that.
    touch(now, std::max(2 * kPage, 2 * (now - before)));
  }
  return {};
}

void SpoolSegment::touch(std::size_t from, std::size_t bytes) {
#ifdef MADV_POPULATE_WRITE
  const std::size_t begin = from / kPage * kPage;
  const std::size_t end = std::min((from + bytes + kPage - 1) / kPage * kPage, bytes_);
  // A kernel before 5.14 does not know it: then the writer takes the faults.
  if (begin < end) ::madvise(memory_ + begin, end - begin, MADV_POPULATE_WRITE);
#endif
}

void SpoolSegment::close() {
  if (memory_ != nullptr) ::munmap(std::exchange(memory_, nullptr), bytes_);
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace moongate
