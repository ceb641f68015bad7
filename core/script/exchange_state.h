// What the policy keeps for one exchange, and how moon.* functions get at it.
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "script/handles.h"
#include "script/lua_phases.h"
#include "script/vm/pending_wait.h"
#include "script/vm/vm.h"

namespace moongate {

// What a request, response or event handle holds. The state is recycled for later exchanges, so handles are
// cut (state becomes null) when theirs is over; a policy that kept one gets an error from then on.
struct ExchangeHandle {
  ExchangeState* state = nullptr;
};

struct ExchangeState {
  // Places of an exchange's Lua values in the policy's anchor table, from `anchor` on.
  enum Place : int { kRequest, kResponse, kEvent, kIdentity, kContext, kPlaces };

  Exchange* exchange = nullptr;
  Phase phase = Phase::kAuthenticate;  // the one that runs, or ran last
  bool keeps_identity = false;         // the place is filled
  bool keeps_context = false;
  int anchor = 0;
  int waits = 0;
  // Into the userdata, which the anchor table keeps.
  ExchangeHandle* request = nullptr;
  ExchangeHandle* response = nullptr;
  ExchangeHandle* event = nullptr;
  // Of the hook that is under way.
  Vm::Thread thread;
  std::unique_ptr<PendingWait> wait;
};

// Phases as a set.
constexpr unsigned phase_bit(Phase phase) { return 1u << static_cast<unsigned>(phase); }
constexpr unsigned phases_until(Phase last) { return (phase_bit(last) << 1) - 1; }
constexpr unsigned kBeforeSending = phases_until(Phase::kRequestFilter);

// The state behind the handle that is argument 1. Raises: another kind of value; a handle whose request has
// ended.
ExchangeState& check_request(lua_State* L);
ExchangeState& check_response(lua_State* L);
ExchangeState& check_event(lua_State* L);
// The state behind a request handle anywhere among the arguments.
ExchangeState& check_request_at(lua_State* L, int index);

// Raises unless the running phase is one of `allowed`.
void check_phase(lua_State* L, const ExchangeState& state, unsigned allowed, const char* function);

// The request's head. Raises when its memory has been given back (a stream that nobody looks at keeps none).
RequestHead& request_head(lua_State* L, const ExchangeState& state);

// Suspends the hook until `task` has ended; the moon.* call then returns what `push` leaves on the stack. Use
// as `return wait_for(L, …)`, with nothing after it.
template <class T>
int wait_for(lua_State* L, Task<T> task, typename WaitFor<T>::Push push) {
  return Vm::of(L).wait(L, std::make_unique<WaitFor<T>>(std::move(task), std::move(push)));
}

// nil and the message, as functions return that may fail.
int push_failure(lua_State* L, std::string_view message);

}  // namespace moongate
