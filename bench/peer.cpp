#include "peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace moongate::bench {

SSL_CTX* make_tls_client() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  static const unsigned char kAlpn[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn - 1);
  return context;
}

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::size_t colon = text.rfind(':');
  int port = colon == std::string::npos ? 0 : std::atoi(text.c_str() + colon + 1);
  if (port <= 0 || inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) != 1) {
    std::fprintf(stderr, "bench_load: '%s' is no address; write 127.0.0.1:PORT\n", text.c_str());
    std::exit(2);
  }
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool Peer::open(const sockaddr_in& address, SSL_CTX* tls, int epoll, std::size_t tag) {
  close();
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    close();
    return false;
  }
  if (tls != nullptr) {
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    SSL_set_connect_state(ssl_);
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = tag;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event);
  return true;
}

void Peer::close() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  ssl_ = nullptr;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

long Peer::receive(char* buffer, std::size_t size) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return outcome_of(SSL_read(ssl_, buffer, static_cast<int>(size)));
  }
  ssize_t n = recv(fd_, buffer, size, 0);
  if (n >= 0) return n;
  return errno == EAGAIN || errno == ENOTCONN ? kLater : kFailed;
}

long Peer::send(std::string_view bytes) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return outcome_of(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())));
  }
  ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return n;
  return errno == EAGAIN || errno == ENOTCONN ? kLater : kFailed;
}

long Peer::outcome_of(int result) {
  if (result > 0) return result;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return kLater;
    case SSL_ERROR_ZERO_RETURN:
      return kClosed;
    case SSL_ERROR_SYSCALL:
      return errno == ENOTCONN ? kLater : kFailed;
    default:
      return kFailed;
  }
}

}  // namespace moongate::bench
