#include "control/replaced_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "config/file_read.h"
#include "crypto/random.h"

namespace moongate {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error failure(const std::string& path, int code) {
  const std::string file = path + " cannot be replaced: ";
  switch (code) {
    case EROFS:
      return Error(ErrorKind::kForbidden, file + "it lies on a file system that is mounted read-only. Change it where it comes from, or mount its folder writable");
    case EACCES:
    case EPERM:
      return Error(ErrorKind::kForbidden, file + "the gateway's user may not write to its folder. Give that user the folder, or change the file by hand");
    case EBUSY:
    case EXDEV:
      return Error(ErrorKind::kForbidden, file + "it is mounted by itself. Mount the folder that it lies in instead, or change it where it comes from");
    case ENOSPC:
    case EDQUOT: return Error(ErrorKind::kUnavailable, file + "the disk is full");
    default: return Error(ErrorKind::kUnavailable, file + std::strerror(code));
  }
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Mode and owner of the file that goes. Another owner's stays only if we may give files away.
bool take_after(int fd, const std::string& path, unsigned new_mode) {
  struct stat old {};
  if (::stat(path.c_str(), &old) != 0) return ::fchmod(fd, new_mode) == 0;
  struct stat mine {};
  if (::fstat(fd, &mine) != 0) return false;
  if ((mine.st_uid != old.st_uid || mine.st_gid != old.st_gid) && ::fchown(fd, old.st_uid, old.st_gid) != 0) return false;
  return ::fchmod(fd, old.st_mode & 07777) == 0;
}

void sync_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0) ::fsync(opened.get());
}

}  // namespace

Status replace_file(const std::string& path, std::string_view text, const std::optional<std::string_view>& expected,
                    unsigned new_mode) {
  std::error_code error;
  fs::path target = fs::canonical(path, error);
  if (error) target = path;
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (fs::create_directories(folder, error); error) return failure(path, error.value());
  const std::string fresh = (folder / ("." + target.filename().string() + "." + random_token(8) + ".new")).string();
  const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return failure(path, errno);
  Status done;
  if (!write_all(file.get(), text) || !take_after(file.get(), target.string(), new_mode) || ::fsync(file.get()) != 0) {
    done = failure(path, errno);
  }
  if (done && expected) {
    const auto now = read_whole_file(target.string(), kMaxMapBytes);
    if (!now || now->text != *expected) {
      done = Error(ErrorKind::kCanceled, path + " has been changed meanwhile");
    }
  }
  if (done && ::rename(fresh.c_str(), target.c_str()) != 0) done = failure(path, errno);
  if (!done) {
    ::unlink(fresh.c_str());
    return done;
  }
  sync_folder(folder);
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failure(path, errno);
  sync_folder(fs::path(path).parent_path());
  return {};
}

}  // namespace moongate
