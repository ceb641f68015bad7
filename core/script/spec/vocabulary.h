// The words of policy tests: describe, it, expect, case.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "script/lua_phases.h"
#include "script/spec/bench_exchange.h"
#include "script/spec/policy_bench.h"

struct lua_State;

namespace moongate {

// One spec file under way: its bench, its policy, and the exchange that it looks at.
struct SpecSession {
  PolicyBench bench;
  std::shared_ptr<LuaPhases> phases;
  std::unique_ptr<BenchExchange> exchange;
  lua_State* state = nullptr;  // that runs the spec, while it is inside one of our functions
  int on_http = 0;             // registry reference of the function that answers moon.http.request
  std::vector<std::string> passed;
  std::vector<std::string> failed;  // "name: what went wrong"

  ~SpecSession() { end_exchange(); }
  void end_exchange() {
    if (exchange && phases) phases->forget(*exchange);
    exchange.reset();
  }
};

// Makes the words known in the policy's VM. Protected. `session` must outlive it.
void open_spec_vocabulary(lua_State* L, SpecSession& session);

}  // namespace moongate
