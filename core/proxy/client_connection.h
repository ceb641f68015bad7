// One client's connection: heads are read here, exchanges run on it one after the other.
#pragma once

#include <memory>
#include <string>

#include "net/address.h"
#include "net/buffer_pool.h"
#include "proxy/worker.h"

namespace moongate {

class ClientConnection : public TimerLink {
 public:
  // Takes the accepted descriptor and serves it to its end; frees itself.
  // `inner`: the process's own, from proxy/inner_door.h; `tls` is then what it says of the caller, and no handshake follows.
  static void serve(Worker& worker, int fd, const Address& peer, bool tls, bool inner = false);
  ~ClientConnection();

  Worker& worker;
  Stream stream;
  Signal signal;           // of this connection and of the upstream that works for it
  std::string address;     // of the client, without port
  bool tls = false;
  bool inner = false;
  bool aborted = false;    // the drain deadline has passed: end at once
  bool in_exchange = false;

  // Received and not yet used: [data + begin, data + end) of `in`.
  Buffer in;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view unread() const { return {in.data() + begin, end - begin}; }

 private:
  ClientConnection(Worker& worker, const Address& peer, bool tls, bool inner);
  Task<void> run();
  Task<bool> read_head(RequestHead& head);
  Task<void> refuse_head(const Error& error);
};

// Answers one request on `connection`, whose head has been parsed into `head` (views into connection.in). On return
// the request's bytes are consumed. False: the connection must be closed.
Task<bool> run_exchange(ClientConnection& connection, std::unique_ptr<RequestHead> head);

// Says goodbye so that an answer sent just before is not lost to a reset: FIN, then reads what still comes, for a
// bounded time.
Task<void> linger(Stream& stream, Signal& signal);

}  // namespace moongate
