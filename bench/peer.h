// One non-blocking connection of the load client, in clear or by TLS.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <string>
#include <string_view>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace moongate::bench {

// TLS 1.2 or 1.3 without verification: the certificates here are self-signed, and checking them is not the
// matter.
SSL_CTX* make_tls_client();

// "127.0.0.1:8888"; exits with 2 when it is anything else.
sockaddr_in address_of(const std::string& text);

class Peer {
 public:
  static constexpr long kClosed = 0;  // the other side has ended
  static constexpr long kLater = -1;  // nothing to be had or to be put now; epoll will say when
  static constexpr long kFailed = -2;

  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { close(); }

  // Starts connecting, and puts the socket into the set edge-triggered for both directions with `tag`. false:
  // no socket to be had.
  bool open(const sockaddr_in& address, SSL_CTX* tls, int epoll, std::size_t tag);
  void close();
  bool is_open() const { return fd_ >= 0; }

  // Bytes moved (more than 0), or one of the above. Before the connection stands, both say kLater.
  long receive(char* buffer, std::size_t size);
  long send(std::string_view bytes);

 private:
  long outcome_of(int result);

  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

}  // namespace moongate::bench
