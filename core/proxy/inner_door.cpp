#include "proxy/inner_door.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include "proxy/client_connection.h"
#include "proxy/worker.h"

namespace moongate {
namespace {

// Without parse_address(), which may ask a resolver.
Address address_of(std::string_view text) {
  Address made;
  const std::string host(text);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    std::memcpy(&made.storage, &v6, sizeof v6);
    made.size = sizeof v6;
    return made;
  }
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v4.sin_family = AF_INET;
  std::memcpy(&made.storage, &v4, sizeof v4);
  made.size = sizeof v4;
  return made;
}

// Closes what nobody took over: a worker that ends never runs what was posted to it last.
struct OwnedFd {
  explicit OwnedFd(int f) : fd(f) {}
  ~OwnedFd() {
    if (fd >= 0) ::close(fd);
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  int take() { return std::exchange(fd, -1); }
  int fd;
};

}  // namespace

Result<int> InnerDoor::open(std::string_view address, bool tls) {
  if (is_shut() || workers_.empty()) return Error(ErrorKind::kUnavailable, "The gateway is ending.");
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Error(ErrorKind::kUnavailable, "The gateway has no more file descriptors.");
  }
  auto theirs = std::make_shared<OwnedFd>(ends[1]);
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  Worker& worker = *workers_[next_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
  worker.reactor.post([&worker, theirs, peer = address_of(address), tls] {
    ClientConnection::serve(worker, theirs->take(), peer, tls, true);
  });
  return ends[0];
}

}  // namespace moongate
