// What the connections of one control server share.
#pragma once

#include <atomic>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <unordered_set>

#include "http/control_server.h"
#include "http/stream_threads.h"

namespace moongate {

using ControlProtocol = boost::asio::generic::stream_protocol;  // TCP, and sockets of this machine

// Somebody who is to be told when the server ends.
class EndsWithServer {
 public:
  virtual ~EndsWithServer() = default;
  virtual void server_ends() = 0;  // politely
  virtual void server_is_gone() = 0;  // now
};

// `io` has one thread; what is not said to be safe elsewhere is touched by that thread only.
struct ControlParts {
  ControlParts(const ControlServer::Options& o, HttpHandler h, const Logger& l)
      : options(o), handler(std::move(h)), logger(l), handlers(static_cast<std::size_t>(o.handler_threads)),
        streams(o.max_streams) {}

  const ControlServer::Options options;
  const HttpHandler handler;
  const Logger& logger;
  std::atomic<int> connections{0};
  std::atomic<int> queued{0};
  std::atomic<int> websockets{0};
  bool ending = false;
  std::unordered_set<EndsWithServer*> long_lived;  // streams and WebSockets
  boost::asio::io_context io{1};
  boost::asio::thread_pool handlers;
  StreamThreads streams;
};

}  // namespace moongate
