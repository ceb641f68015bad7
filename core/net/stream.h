// A byte stream over a socket, in clear or through TLS, with readiness-style calls: try, and if it would block,
// wait for the signal.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/reactor.h"
#include "net/task.h"

struct ssl_st;

namespace moongate {

struct IoResult {
  enum class State : unsigned char { kOk, kWouldBlock, kEof, kError };
  State state = State::kOk;
  std::size_t bytes = 0;
  int error = 0;  // errno, or 0 for a TLS failure

  bool ok() const { return state == State::kOk; }
  bool would_block() const { return state == State::kWouldBlock; }
  bool ended() const { return state == State::kEof || state == State::kError; }
};

// Owns the socket and, with TLS, the session on it: OpenSSL reads and writes the descriptor itself, which costs a
// quarter of the memory of a BIO pair. Lives on its reactor's thread.
class Stream {
 public:
  Stream() = default;
  ~Stream() { close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Takes a connected (or connecting) non-blocking socket.
  bool open(Reactor& reactor, int fd, bool writable) { return socket_.open(reactor, fd, writable); }
  // Takes the session (one reference); the handshake is still to be done.
  void start_tls(ssl_st* session, bool as_server);
  bool tls() const { return ssl_ != nullptr; }

  // Drives the TLS handshake. kTimeout, kConnect (what the peer or the verification said), kClosed.
  Task<Status> handshake(Signal& signal, MonoMs deadline);

  // At most `size` bytes. kEof: the peer ended cleanly (FIN; with TLS close_notify). kError: reset, or TLS broken,
  // or with TLS a FIN without close_notify. kWouldBlock: wait for the signal.
  IoResult read(char* data, std::size_t size);
  // Takes what it can of the pieces, in order. May take less than all. After kWouldBlock the same bytes (and
  // perhaps more behind them) must be offered again.
  IoResult write(const iovec* pieces, int count);

  // Whether a read may yield something without an event from the socket first.
  bool readable() const { return socket_.readable || tls_pending_; }
  bool writable() const { return socket_.writable; }
  // FIN or reset seen. With bytes still unread it may be a client that is done sending; we treat one that waits for
  // an answer as gone, as nginx does.
  bool peer_closed() const { return socket_.peer_closed; }

  bool is_open() const { return socket_.is_open(); }
  void set_signal(Signal* signal) { socket_.set_signal(signal); }
  int fd() const { return socket_.fd(); }

  // Says that no more comes from us (close_notify, FIN); reading goes on.
  void shutdown_write();
  void close();
  // Closes with a reset: the peer must not take what it has for the whole.
  void reset();

 private:
  IoResult tls_read(char* data, std::size_t size);
  IoResult tls_write(const iovec* pieces, int count);
  IoResult tls_outcome(int returned);

  Socket socket_;
  ssl_st* ssl_ = nullptr;
  bool tls_pending_ = false;  // decrypted bytes wait inside the session
  bool handshaken_ = false;
};

// Writes all of it, waiting as needed. kTimeout, kClosed.
Task<Status> write_all(Stream& stream, Signal& signal, std::string_view bytes, MonoMs deadline);

}  // namespace moongate
