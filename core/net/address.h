// Socket addresses, listening sockets and outgoing connections.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/stream.h"

namespace moongate {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  int port() const;
  std::string host() const;  // "127.0.0.1", "::1"; an IPv4-mapped IPv6 address as IPv4
  std::string text() const;  // "127.0.0.1:80", "[::1]:80"
};

// "127.0.0.1:8888", "[::1]:0", "0.0.0.0:80", "localhost:8888" (the first of its addresses, asked of the system
// resolver, blocking), ":8888" (every address). kInvalid says what is wrong.
Result<Address> parse_address(std::string_view text);

// A non-blocking listening socket; `reuse_port` lets several workers have one each on the same address.
// kConnect: in use, not permitted, no such address; the message names the address, what to do, and the setting.
Result<int> listen_on(const Address& address, int backlog, bool reuse_port, std::string_view setting);
// The address that a socket is bound to (for port 0).
Address local_address(int fd);

// One accepted connection, non-blocking, with TCP_NODELAY. -1: none waits (errno EAGAIN) or an error (errno).
int accept_on(int listener, Address& peer);

// Connects `stream` to the first address that answers; those that fail are passed over while time is left.
// kConnect, kTimeout.
Task<Status> connect_to(Stream& stream, Signal& signal, const std::vector<Address>& addresses, MonoMs deadline);

}  // namespace moongate
