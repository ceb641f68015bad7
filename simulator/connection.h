// One client's connection: requests one after the other, each answered as its faults say.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/head.h"
#include "net/task.h"
#include "net/tls.h"
#include "simulator/call.h"
#include "simulator/response_writer.h"
#include "simulator/wire.h"
#include "simulator/world.h"

namespace moongate::sim {

class Connection {
 public:
  Connection(World& world, Reactor& reactor, int fd, std::uint64_t number)
      : world_(world), wire_(reactor, fd), number_(number) {}

  // Until the client leaves, a fault ends it or close_both() was called. `tls` may be nullptr.
  Task<void> serve(const TlsServer* tls);
  // Wakes every wait in it; serve() then ends by itself.
  void close_both() { wire_.close_both(); }

 private:
  enum class Next : std::uint8_t { kRequest, kEnd };

  // One request and its answer.
  Task<Next> serve_one();
  Task<bool> read_head();  // false: none came, or it was refused
  Task<bool> read_body(MonoMs pause_ms);
  Task<void> refuse(std::string_view why);
  // What happens to a request whose head has come: `outcome` is for the log.
  Task<Next> answer(RequestLog::Outcome& outcome, std::uint64_t logged);
  Task<Next> answer_early(const Faults& asked, Call& call, RequestLog::Outcome& outcome);
  Task<Next> write(Reply& reply, const Faults& faults, RequestLog::Outcome& outcome);
  // Latency and what breaks before the head. True: go on to the reply.
  Task<bool> before_head(const Faults& faults, RequestLog::Outcome& outcome);
  void note_gone(RequestLog::Outcome& outcome) const;
  void forget_request();

  World& world_;
  Wire wire_;
  const std::uint64_t number_;
  std::string inbox_;  // bytes not yet used, the head of the current request first
  RequestHead head_;   // views into inbox_ until its head is dropped
  Request request_;
  MonoMs head_came_ms_ = 0;
  Framing framing_ = Framing::kNone;
  std::uint64_t content_length_ = 0;
  bool http_1_0_ = false, client_keeps_ = true, expects_continue_ = false;
  bool drop_next_ = false;  // keepalive=drop-next was answered
};

}  // namespace moongate::sim
