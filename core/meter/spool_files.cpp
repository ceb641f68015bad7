#include "meter/spool_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace moongate {
namespace {

Error file_error(const char* what, const std::filesystem::path& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return Error(full ? ErrorKind::kUnavailable : ErrorKind::kInternal,
               std::string(what) + " " + path.string() + ": " + std::strerror(code));
}

int write_at(int fd, std::string_view bytes, std::size_t offset) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::size_t>(n);
  }
  return 0;
}

// Zeros are written although the space is reserved: a reserved block that was never written costs every later
// sync a change of the file system's own records. Page by page, because the kernel keeps in one piece what
// was written in one, and a sync makes the whole piece read-only.
int fill(int fd, std::string_view header, std::size_t bytes) {
  if (const int code = ::posix_fallocate(fd, 0, static_cast<off_t>(bytes)); code != 0) return code;
  const std::string zeros(4096, '\0');
  for (std::size_t at = 0; at < bytes; at += zeros.size()) {
    const std::string_view page = std::string_view(zeros).substr(0, bytes - at);
    if (const int code = write_at(fd, page, at); code != 0) return code;
  }
  if (const int code = write_at(fd, header, 0); code != 0) return code;
  return ::fdatasync(fd) == 0 ? 0 : errno;
}

int sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int code = ::fsync(fd) == 0 || errno == EINVAL ? 0 : errno;  // EINVAL: not every file system knows it
  ::close(fd);
  return code;
}

}  // namespace

Result<int> DiskSpoolFiles::create(const std::filesystem::path& path, std::string_view header,
                                   std::size_t bytes) {
  // Under another name until it is whole, so that what bears a segment's name is one.
  const std::filesystem::path fresh = path.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return file_error("cannot create the spool segment", path, errno);
  int code = fill(fd, header, bytes);
  std::filesystem::path made = fresh;
  if (code == 0) {
    if (::rename(fresh.c_str(), path.c_str()) == 0) {
      made = path;
      code = sync_directory(path.parent_path());
    } else {
      code = errno;
    }
  }
  if (code == 0) return fd;
  ::close(fd);
  ::unlink(made.c_str());
  return file_error("cannot create the spool segment", path, code);
}

Status DiskSpoolFiles::sync(char* pages, std::size_t bytes, const std::filesystem::path& path) {
  if (::msync(pages, bytes, MS_SYNC) == 0) return {};
  return file_error("cannot write to the disk what is in", path, errno);
}

}  // namespace moongate
