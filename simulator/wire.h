// One client's connection with the waits that a simulated answer needs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/reactor.h"
#include "net/stream.h"
#include "net/task.h"
#include "net/tls.h"

namespace moongate::sim {

// Every wait ends when the client leaves (or close_both() is called), so no coroutine is ever left behind.
class Wire {
 public:
  Wire(Reactor& reactor, int fd) : signal_(reactor) {
    if (stream_.open(reactor, fd, true)) stream_.set_signal(&signal_);
  }
  // The socket's destruction would otherwise notify a signal that is gone.
  ~Wire() { stream_.close(); }

  Stream& stream() { return stream_; }
  bool is_open() const { return stream_.is_open(); }
  MonoMs now_ms() const { return signal_.reactor().now_ms(); }

  // The TLS handshake. False: it failed; nothing more can be done here.
  Task<bool> handshake(const TlsServer& tls);

  // Appends what has come to `inbox`; waits for something first. False: the client ended it, or `deadline`
  // passed.
  Task<bool> fill(std::string& inbox, MonoMs deadline = 0);

  struct Cut {
    std::size_t bytes = 0;  // each write takes so many; 0: as many as go
    MonoMs pause_ms = 0;    // between two of them
  };
  // False: the client left.
  Task<bool> send(std::string_view bytes, Cut cut);

  // Waits until then. False: the client left meanwhile.
  Task<bool> pause_until(MonoMs deadline);
  Task<bool> pause(MonoMs ms) { return pause_until(now_ms() + ms); }
  // Waits until the client leaves.
  Task<void> silence();
  // Ends our side and waits, for a while, until the client has ended its own, so that what it still sends
  // does not make a reset of our answer.
  Task<void> linger();

  void close() { stream_.close(); }
  void reset() { stream_.reset(); }
  // Ends both directions at once: whoever waits here wakes up and finds the client gone.
  void close_both();

 private:
  Task<bool> send_piece(std::string_view bytes);
  Task<void> let_others_run();

  Signal signal_;
  Stream stream_;
  int transfers_ = 0;  // reads and writes since others had their turn
};

}  // namespace moongate::sim
