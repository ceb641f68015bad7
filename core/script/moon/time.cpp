// moon.time and moon.sleep.
#include "base/log.h"
#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

constexpr double kLongestSleep = 3600;  // seconds

const Clock& clock_of(lua_State* L) { return LuaPhases::of(L).services().clock(); }

int now(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(clock_of(L).unix_ms()) / 1000);
  return 1;
}

int monotonic(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(clock_of(L).mono_ns()) / 1e9);
  return 1;
}

// utc([seconds]): "2026-11-20T20:03:05.123Z"
int utc(lua_State* L) {
  const double seconds =
      lua_isnoneornil(L, 1) ? static_cast<double>(clock_of(L).unix_ms()) / 1000 : luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds < 253402300800.0, 1, "seconds since 1970 expected");
  push_view(L, format_utc_ms(static_cast<std::int64_t>(seconds * 1000)));
  return 1;
}

// Tasks bring values; this one has none to bring.
Task<bool> sleep_for(ScriptServices& services, int milliseconds) {
  co_await services.sleep(milliseconds);
  co_return true;
}

// As ngx.sleep: seconds, with fractions.
int sleep(lua_State* L) {
  const double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds <= kLongestSleep, 1, "0 to 3600 seconds expected");
  const int milliseconds = static_cast<int>(seconds * 1000 + 0.5);
  return wait_for<bool>(L, sleep_for(LuaPhases::of(L).services(), milliseconds),
                        [](lua_State*, bool&) { return 0; });
}

}  // namespace

void open_time(lua_State* L) {
  static const luaL_Reg kFunctions[] = {
      {"monotonic", guarded<monotonic>}, {"now", guarded<now>}, {"utc", guarded<utc>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

void open_sleep(lua_State* L) {
  lua_pushcfunction(L, guarded<sleep>);
  lua_setfield(L, -2, "sleep");
}

}  // namespace moongate
