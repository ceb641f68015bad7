#include "config/file_read.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace moongate {
namespace {

constexpr int kAttempts = 5;

class Descriptor {
 public:
  // O_NONBLOCK: opening a pipe must not wait for its other end.
  explicit Descriptor(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error failure(int number) {
  const char* reason = std::strerror(number);
  switch (number) {
    case ENOENT:
    case ENOTDIR: return Error(ErrorKind::kNotFound, "does not exist");
    case EACCES:
    case EPERM:
      return Error(ErrorKind::kForbidden, "cannot be read by the gateway's user; let its owner be that user");
    default: return Error(ErrorKind::kUnavailable, std::string("cannot be read: ") + reason);
  }
}

bool same_version(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Error too_large(std::size_t max_bytes) {
  return Error(ErrorKind::kTooLarge, "is larger than " + std::to_string(max_bytes) + " bytes, the most that is read");
}

// Up to `max_bytes` + 1 bytes. 0, or an errno.
int read_all(int fd, std::size_t max_bytes, std::string& text) {
  text.clear();
  char buffer[16384];
  while (text.size() <= max_bytes) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n == 0) return 0;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.append(buffer, static_cast<std::size_t>(n));
  }
  return 0;
}

}  // namespace

Result<FileText> read_whole_file(const std::string& path, std::size_t max_bytes) {
  if (path.find('\0') != std::string::npos) return Error(ErrorKind::kInvalid, "has a NUL byte in its name");
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Opened anew each time: an editor that renames a new file over the old one leaves us the old one.
    const Descriptor file(path);
    struct stat before {}, after {};
    if (file.get() < 0 || ::fstat(file.get(), &before) != 0) return failure(errno);
    if (!S_ISREG(before.st_mode)) return Error(ErrorKind::kInvalid, "is not a regular file");
    if (static_cast<std::uint64_t>(before.st_size) > max_bytes) return too_large(max_bytes);
    FileText out;
    if (const int number = read_all(file.get(), max_bytes, out.text); number != 0) return failure(number);
    if (out.text.size() > max_bytes) return too_large(max_bytes);
    if (::fstat(file.get(), &after) != 0) return failure(errno);
    if (!same_version(before, after)) continue;
    out.others_may_read = (before.st_mode & (S_IRGRP | S_IROTH)) != 0;
    return out;
  }
  return Error(ErrorKind::kUnavailable, "changes while it is read; write it aside and rename it into place");
}

}  // namespace moongate
