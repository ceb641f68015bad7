#include "crypto/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "crypto/random.h"

namespace moongate {
namespace {

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

Error file_error(const char* what, const std::filesystem::path& path, int code) {
  const ErrorKind kind = code == ENOENT                                     ? ErrorKind::kNotFound
                         : code == EACCES || code == EPERM || code == EROFS ? ErrorKind::kForbidden
                                                                            : ErrorKind::kInternal;
  return Error(kind, std::string(what) + " " + path.string() + ": " + std::strerror(code));
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

}  // namespace

Status create_private_directory(const std::filesystem::path& directory) {
  if (directory.empty()) return {};
  std::error_code ignored;
  if (std::filesystem::is_directory(directory, ignored)) return {};
  const std::filesystem::path parent = directory.parent_path();
  if (parent != directory) {
    if (Status made = create_private_directory(parent); !made) return made;
  }
  if (::mkdir(directory.c_str(), 0700) != 0) {
    const int code = errno;
    if (code != EEXIST || !std::filesystem::is_directory(directory, ignored)) {
      return file_error("cannot create the directory", directory, code);
    }
  }
  return {};
}

Status write_secret_file(const std::filesystem::path& path, std::string_view bytes) {
  if (Status made = create_private_directory(path.parent_path()); !made) return made;
  const std::filesystem::path fresh = path.string() + "." + random_token(8) + ".new";
  const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.get() < 0) return file_error("cannot write", path, errno);
  if (!write_all(file.get(), bytes) || ::fsync(file.get()) != 0 ||
      ::rename(fresh.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(fresh.c_str());
    return file_error("cannot write", path, code);
  }
  return {};
}

Result<Secret> read_secret_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return file_error("cannot read", path, errno);
  std::string text(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = ::read(file.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("cannot read", path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  Secret whole(std::move(text));
  if (size > max_bytes) return Error(ErrorKind::kTooLarge, path.string() + " is too long to be a key file");
  return Secret(whole.reveal().substr(0, size));
}

}  // namespace moongate
