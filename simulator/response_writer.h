// Puts one reply on the wire, in the framing, coding and pieces that its faults ask for.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "net/task.h"
#include "simulator/compressor.h"
#include "simulator/faults.h"
#include "simulator/reply.h"
#include "simulator/wire.h"

namespace moongate::sim {

// How the writing ended.
enum class Sent : std::uint8_t {
  kWhole,   // all of it (or all that truncate=clean leaves): the connection may go on
  kBroken,  // a fault ended it; the connection is closed
  kGone,    // the client left
};

class ResponseWriter {
 public:
  struct Context {
    std::string_view method;  // HEAD gets no body
    std::string_view accept_encoding;
    bool http_1_0 = false;
    bool keep_alive = true;
    std::int64_t unix_seconds = 0;  // for Date
  };

  // References: all outlive the writing.
  ResponseWriter(Wire& wire, const Faults& faults, const Context& context);

  // Whether the head will say, or the framing will mean, that the connection ends with this answer.
  bool closes() const { return closes_; }

  Task<Sent> write(Reply& reply);

 private:
  enum class Framed : std::uint8_t { kLength, kChunked, kUntilClose };

  std::string head_of(const Reply& reply, std::size_t body_size) const;
  std::string framed(std::string_view bytes) const;
  Task<bool> send(std::string_view bytes);
  Task<Sent> write_body(Reply& reply);
  Task<Sent> write_events(Reply& reply);
  Task<Sent> break_off(std::string_view next);
  Task<Sent> finish();
  std::string event_text(const Reply& reply, const StreamEvent& event);
  std::string coded(std::string bytes);
  Wire::Cut cut() const { return {faults_.split, faults_.split_ms}; }

  Wire& wire_;
  const Faults& faults_;
  const Context& context_;
  Framed framed_ = Framed::kLength;
  Coding coding_ = Coding::kIdentity;
  std::unique_ptr<Compressor> compressor_;
  bool closes_ = false;
  bool in_array_ = false;  // the JSON array has its opening bracket
};

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t unix_seconds);

}  // namespace moongate::sim
