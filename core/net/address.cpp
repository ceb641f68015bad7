#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace moongate {

int Address::port() const {
  if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(storage).sin_addr, text, sizeof text);
  } else if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
  }
  return text;
}

std::string Address::text() const {
  const std::string name = host();
  const bool v6 = name.find(':') != std::string::npos;
  return (v6 ? "[" + name + "]" : name) + ":" + std::to_string(port());
}

Result<Address> parse_address(std::string_view text) {
  const auto bad = [&](const char* why) {
    return Error(ErrorKind::kInvalid, "\"" + std::string(text) + "\" is no address to listen on: " + why +
                                          "; write host:port, for example 127.0.0.1:8888 or [::1]:8888");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("there is no port");
  std::string host(text.substr(0, colon));
  const std::string_view port_text = text.substr(colon + 1);
  int port = -1;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || port < 0 || port > 65535) {
    return bad("the port is not a number from 0 to 65535");
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);

  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0 || found == nullptr) return bad(gai_strerror(failed));
  Address address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

Result<int> listen_on(const Address& address, int backlog, bool reuse_port, std::string_view setting) {
  const auto failed = [&](const char* hint) {
    const int error = errno;
    return Error(ErrorKind::kConnect, "cannot listen on " + address.text() + ": " + std::strerror(error) + "; " +
                                          (error == EADDRINUSE ? "another program has this port: stop it, or choose "
                                                                 "another address with --set " + std::string(setting) +
                                                                 "=host:port"
                                           : error == EACCES ? "ports below 1024 need root or CAP_NET_BIND_SERVICE; "
                                                               "choose another with --set " + std::string(setting) +
                                                               "=host:port"
                                                             : std::string(hint) + std::string(setting)));
  };
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("check the setting ");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
      ::listen(fd, backlog) != 0) {
    const Error error = failed("check the setting ");
    ::close(fd);
    return error;
  }
  return fd;
}

Address local_address(int fd) {
  Address address;
  address.size = sizeof address.storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  return address;
}

int accept_on(int listener, Address& peer) {
  peer.size = sizeof peer.storage;
  const int fd = ::accept4(listener, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return -1;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

Task<Status> connect_to(Stream& stream, Signal& signal, const std::vector<Address>& addresses, MonoMs deadline) {
  Reactor& reactor = signal.reactor();
  Error last(ErrorKind::kConnect, "no address to connect to", ErrorSource::kUpstream, Retry::kYes);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const Address& address = addresses[i];
    const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      last.message = std::string("cannot make a socket: ") + std::strerror(errno);
      continue;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int made = ::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size);
    if (made != 0 && errno != EINPROGRESS) {
      last.message = "cannot connect to " + address.text() + ": " + std::strerror(errno);
      ::close(fd);
      continue;
    }
    if (!stream.open(reactor, fd, made == 0)) {
      last.message = "cannot watch the connection to " + address.text();
      continue;
    }
    stream.set_signal(&signal);
    // Each address gets its share of the time, so that a black hole does not eat it all.
    MonoMs until = deadline;
    if (deadline != 0) {
      const MonoMs left = deadline - reactor.now_ms();
      until = reactor.now_ms() + left / static_cast<MonoMs>(addresses.size() - i);
    }
    bool timed_out = false;
    while (!stream.writable() && !timed_out) timed_out = !co_await signal.wait(until);
    if (timed_out) {
      last = Error(ErrorKind::kTimeout, "connecting to " + address.text() + " timed out", ErrorSource::kUpstream,
                   Retry::kYes);
      stream.close();
      continue;
    }
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(stream.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) co_return Status();
    last = Error(ErrorKind::kConnect, "cannot connect to " + address.text() + ": " + std::strerror(error),
                 ErrorSource::kUpstream, Retry::kYes);
    stream.close();
  }
  co_return last;
}

}  // namespace moongate
