// The HTTP server of the control plane: whole requests to whole responses, on Beast. The data plane has its own.
#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "http/message.h"

namespace moongate {

// Serves from construction to destruction: one thread for the sockets, a few for the handler, which may block.
class ControlServer {
 public:
  struct Options {
    int listener = -1;                        // a listening socket; the server owns it from now on
    // A second one, or -1: of this machine (net/local_socket.h). Who comes in there from a process of our own user or of
    // root is trusted (HttpRequest::trusted); others are turned away at once.
    int local_listener = -1;
    int handler_threads = 4;
    std::size_t max_body_bytes = 1u << 20;    // beyond: 413
    int request_timeout_ms = 15'000;          // to receive one; the connection may idle for 60 s between requests
    int max_connections = 512;                // beyond: closed at once
    int max_queued = 256;                     // requests waiting for a handler thread; beyond: 503
    int max_streams = 128;                    // answers that are written as they come, a thread each; beyond: 503
    int max_websockets = 256;                 // beyond: 503
    int websocket_idle_ms = 60'000;           // a WebSocket that answers no ping ends after this
  };
  // kInternal: the listener cannot be used.
  static Result<std::unique_ptr<ControlServer>> start(const Options& options, HttpHandler handler,
                                                      const Logger& logger);
  // Stops accepting, tells streams and WebSockets (1001) that it ends, lets running handlers end, closes everything.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;

 private:
  struct State;
  explicit ControlServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace moongate
