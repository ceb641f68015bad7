// The phases of an exchange, as an interface: what a policy may decide, when it is asked, and what its answer
// means. This file is the manual; the pipeline calls in this order, and nothing else decides these things.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "net/task.h"

namespace moongate {

class Exchange;

enum class Phase : std::uint8_t {
  // The head is parsed, the path is one that we serve; nothing of the body was read on purpose.
  // Sets exchange.identity, or rejects.
  kAuthenticate,
  // The model is known (from the path or the body), or the operation has none. Sets exchange.routes (at least
  // one, in order of preference), or rejects.
  kSelect,
  // Before each attempt; exchange.route is the one to be tried. Sets exchange.credential, or rejects.
  kMap,
  // After kMap. Edits exchange.request's headers: what must not travel is removed.
  kRequestPrivacy,
  // Optional. Body and headers before they are sent; may replace the body (exchange.replace_body).
  kRequestFilter,
  // The upstream's final head is there, nothing was sent to the client. Edits exchange.response's headers.
  kResponsePrivacy,
  // Optional. The same head, after kResponsePrivacy.
  kResponseFilter,
  // Optional. exchange.event holds one whole SSE event (or array element) as received; the hook may replace it
  // or drop it (exchange.event_dropped). May not suspend for long: the stream waits.
  kEvent,
  // Optional. The answer has ended; exchange.outcome is final. Cannot change or delay anything.
  kLog,
};

enum class Step : std::uint8_t {
  kDone,       // ran through; the answer lies in the exchange (or exchange.rejection is set)
  kSuspended,  // it waits for something: co_await finish(exchange) before looking at the exchange
};

// One policy generation of one worker. An exchange keeps the one that it began with.
class Phases {
 public:
  virtual ~Phases() = default;

  // Whether the policy defines the optional phase. A phase that is not defined costs nothing.
  virtual bool defines(Phase phase) const = 0;

  // Runs the hook. Never throws. A hook that fails (error, budget, memory, wrong type) sets exchange.rejection
  // to a 500 whose message holds no detail; the detail is logged with file and line (fail closed).
  virtual Step start(Phase phase, Exchange& exchange) = 0;
  // After kSuspended, and only then: drives the same hook to its end. If the exchange is canceled meanwhile
  // (the client left, shutdown), the hook still ends, at the latest when what it waits for times out.
  virtual Task<void> finish(Exchange& exchange) = 0;

  // The exchange is about to go: every handle that the policy holds on it is cut. Called once, last.
  virtual void forget(Exchange& exchange) noexcept = 0;
};

}  // namespace moongate
