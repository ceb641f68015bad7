// moon.limits: limits that a policy makes up by name. With Redis they are counted for all gateways together.
#include <algorithm>
#include <cmath>
#include <string>

#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

// A policy's names and the gateway's own do not meet.
constexpr std::string_view kPrefix = "lua:";

double field(lua_State* L, const char* name, double otherwise) {
  lua_getfield(L, 2, name);
  if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TNUMBER) luaL_error(L, "limits: %s has to be a number", name);
  const double value = luaL_optnumber(L, -1, otherwise);
  lua_pop(L, 1);
  return value;
}

CustomLimit check_limit(lua_State* L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, 2) != 0) {
    lua_pop(L, 1);
    const std::string_view key = lua_type(L, -1) == LUA_TSTRING ? std::string_view(lua_tostring(L, -1)) : std::string_view();
    if (key != "rate" && key != "per" && key != "burst") luaL_error(L, "limits: a limit has rate, per and burst, and nothing else");
  }
  const double rate = field(L, "rate", 0), per = field(L, "per", 1), burst = field(L, "burst", 0);
  luaL_argcheck(L, rate >= 1 && rate <= 1e9 && rate == std::floor(rate), 2, "rate: a whole number from 1 expected");
  luaL_argcheck(L, per > 0 && per <= 86'400, 2, "per: seconds, at most a day, expected");
  luaL_argcheck(L, burst >= 0 && burst <= 1e9 && burst == std::floor(burst), 2, "burst: a whole number from 1 expected");
  CustomLimit limit;
  limit.capacity = static_cast<std::int64_t>(rate);
  limit.window_ms = static_cast<std::int64_t>(std::ceil(per * 1000));
  limit.burst = static_cast<std::int64_t>(burst);
  return limit;
}

// allowed, remaining, and the seconds until it would be allowed (or is full again); nil and why
int push_answer(lua_State* L, const Result<CustomAnswer>& answer) {
  if (!answer.ok()) return push_failure(L, answer.error().message);
  const std::int64_t now_ms = LuaPhases::of(L).services().clock().unix_ns() / 1'000'000;
  lua_pushboolean(L, answer->allowed);
  lua_pushnumber(L, static_cast<double>(answer->remaining));
  const std::int64_t left_ms = answer->resets_at_ms == 0 ? 0 : std::max<std::int64_t>(0, answer->resets_at_ms - now_ms);
  lua_pushnumber(L, static_cast<double>(left_ms) / 1000);
  return 3;
}

int ask(lua_State* L, bool charge) {
  ScriptServices& services = LuaPhases::of(L).services();
  const std::string_view given = check_view(L, 1);
  luaL_argcheck(L, !given.empty() && given.size() <= 500, 1, "a name of 1 to 500 bytes expected");
  std::string name = std::string(kPrefix) + std::string(given);
  const CustomLimit limit = check_limit(L);
  const double cost = luaL_optnumber(L, 3, 1);
  luaL_argcheck(L, cost >= 0 && cost <= 1e9 && cost == std::floor(cost), 3, "a whole number from 0 expected");
  const auto units = static_cast<std::int64_t>(cost);
  Result<CustomAnswer> answer = CustomAnswer();
  if (services.try_take_limit(name, limit, units, charge, answer)) return push_answer(L, answer);
  return wait_for<Result<CustomAnswer>>(
      L, services.take_limit(std::move(name), limit, units, charge),
      [](lua_State* co, Result<CustomAnswer>& taken) { return push_answer(co, taken); });
}

int take(lua_State* L) { return ask(L, true); }
int peek(lua_State* L) { return ask(L, false); }

}  // namespace

void open_limits(lua_State* L) {
  static const luaL_Reg kFunctions[] = {{"peek", guarded<peek>}, {"take", guarded<take>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
