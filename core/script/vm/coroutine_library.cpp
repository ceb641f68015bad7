// coroutine.* with a bound on nesting (LuaJIT's own runs out of C stack and kills the process), and through
// which calls that wait pass: moon.sleep inside a coroutine of the policy's own suspends the whole hook, and
// goes on there.
#include "script/vm/guarded.h"
#include "script/vm/lua_headers.h"
#include "script/vm/sandbox.h"
#include "script/vm/vm.h"

namespace moongate {
namespace {

bool can_resume(lua_State* L, lua_State* co) {
  if (co == L) return false;
  if (lua_status(co) == LUA_YIELD) return true;
  if (lua_status(co) != 0) return false;
  lua_Debug frame;
  if (lua_getstack(co, 0, &frame) != 0) return false;  // active further out
  return lua_gettop(co) != 0;                          // else it has ended
}

// raw_resume(co, ...): true and what it yielded or returned, or false and the error.
int raw_resume(lua_State* L) {
  lua_State* co = lua_tothread(L, 1);
  luaL_argcheck(L, co != nullptr, 1, "coroutine expected");
  if (!can_resume(L, co)) {
    lua_pushboolean(L, 0);
    lua_pushstring(L, lua_status(co) == LUA_YIELD || lua_gettop(co) != 0
                          ? "cannot resume non-suspended coroutine"
                          : "cannot resume dead coroutine");
    return 2;
  }
  Vm::Callback nested(L);
  const int arguments = lua_gettop(L) - 1;
  if (lua_checkstack(co, arguments) == 0) return luaL_error(L, "too many arguments to resume");
  lua_xmove(L, co, arguments);
  const int status = lua_resume(co, arguments);
  if (status != 0 && status != LUA_YIELD) {
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
  }
  const int results = lua_gettop(co);
  if (lua_checkstack(L, results + 1) == 0) return luaL_error(L, "too many results to resume");
  lua_pushboolean(L, 1);
  lua_xmove(co, L, results);
  return results + 1;
}

// Whether the coroutine that has just come back waits for the core, and did not yield of its own accord.
int is_waiting(lua_State* L) {
  lua_pushboolean(L, Vm::of(L).wait_pending());
  return 1;
}

// nil in the hook itself: its coroutine belongs to the gateway, and goes to another request afterwards.
int running(lua_State* L) {
  if (Vm::of(L).running() == L || lua_pushthread(L) != 0) lua_pushnil(L);
  return 1;
}

constexpr char kPrelude[] = R"lua(
local create, yield, status, pcall, error, raw_resume, is_waiting, running = ...

local function pass_on(co, ok, ...)
  if ok and is_waiting() then return pass_on(co, raw_resume(co, yield())) end
  return ok, ...
end

local function resume(co, ...) return pass_on(co, raw_resume(co, ...)) end

local function results_or_error(ok, ...)
  if ok then return ... end
  error((...), 0)
end

local function wrap(f)
  local co = create(f)
  return function(...) return results_or_error(resume(co, ...)) end
end

-- The handler runs after the failed call has been left: inside LuaJIT's own xpcall it would run with hooks off,
-- and an endless one could not be stopped.
local function handled(handler, ok, ...)
  if ok then return ok, ... end
  return false, handler(...)
end

local function xpcall(f, handler, ...) return handled(handler, pcall(f, ...)) end

return { create = create, wrap = wrap, resume = resume, yield = yield, status = status, running = running }, xpcall
)lua";

}  // namespace

void push_coroutine_library(lua_State* L) {
  luaL_loadbuffer(L, kPrelude, sizeof kPrelude - 1, "=moongate");
  lua_getglobal(L, LUA_COLIBNAME);
  for (const char* name : {"create", "yield", "status"}) {
    lua_getfield(L, -1, name);
    lua_insert(L, -2);
  }
  lua_pop(L, 1);
  lua_getglobal(L, "pcall");
  lua_getglobal(L, "error");
  lua_pushcfunction(L, guarded<raw_resume>);
  lua_pushcfunction(L, is_waiting);
  lua_pushcfunction(L, running);
  lua_call(L, 8, 2);
}

}  // namespace moongate
