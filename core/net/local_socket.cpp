#include "net/local_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace moongate {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// An address holds 107 characters; a longer path is reached by way of its directory's descriptor.
struct LocalAddress {
  sockaddr_un address{};
  Descriptor directory{-1};

  explicit LocalAddress(const std::string& path) : directory(open_directory(path)) {
    address.sun_family = AF_UNIX;
    std::string name = path;
    if (directory.get() >= 0) {
      name = "/proc/self/fd/" + std::to_string(directory.get()) + path.substr(path.rfind('/'));
    }
    std::strncpy(address.sun_path, name.c_str(), sizeof address.sun_path - 1);
  }
  static int open_directory(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (path.size() < sizeof(sockaddr_un::sun_path) || slash == path.npos) return -1;
    return ::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

Error failed(const std::string& path, const std::string& what, int error) {
  return Error(ErrorKind::kConnect, path + ": " + what + ": " + std::strerror(error));
}

}  // namespace

Result<int> connect_local(const std::string& path) {
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return failed(path, "no socket can be made", errno);
  const LocalAddress address(path);
  if (::connect(fd.get(), address.get(), sizeof(sockaddr_un)) == 0) return fd.release();
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR || errno == ENOTSOCK) {
    return Error(ErrorKind::kNotFound, path + ": nobody listens there");
  }
  return failed(path, "cannot be opened", errno);
}

Result<int> listen_local(const std::string& path) {
  const auto running = connect_local(path);
  if (running) {
    ::close(*running);
    return Error(ErrorKind::kConnect, path + ": another gateway serves this data_dir; stop it, or set data_dir to another");
  }
  struct stat there{};
  if (::lstat(path.c_str(), &there) == 0 && !S_ISSOCK(there.st_mode)) {
    return Error(ErrorKind::kConnect, path + ": is no socket; take it away");
  }
  ::unlink(path.c_str());
  Descriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return failed(path, "no socket can be made", errno);
  const LocalAddress address(path);
  // The mode of the descriptor is the mode that bind() gives the file: it is never open to others, not for a moment.
  if (::fchmod(fd.get(), 0600) != 0 || ::bind(fd.get(), address.get(), sizeof(sockaddr_un)) != 0) {
    return failed(path, "cannot be made", errno);
  }
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), 64) != 0) return failed(path, "cannot be served", errno);
  return fd.release();
}

std::optional<uid_t> local_peer(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || size != sizeof peer) return std::nullopt;
  return peer.uid;
}

}  // namespace moongate
