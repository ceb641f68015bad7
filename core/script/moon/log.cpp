// moon.log, and print.
#include <span>
#include <string>
#include <vector>

#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"
#include "script/vm/sandbox.h"

namespace moongate {
namespace {

constexpr int kMaxFields = 32;
constexpr std::size_t kMaxText = 4096;

std::string_view shortened(std::string_view text) { return text.substr(0, kMaxText); }

// What tostring() gives; runs __tostring, so it may raise.
std::string text_of(lua_State* L, int index) {
  if (luaL_getmetafield(L, index, "__tostring") != 0) {
    lua_pushvalue(L, index);
    Vm::Callback callback(L);
    lua_call(L, 1, 1);
    std::string text = lua_type(L, -1) == LUA_TSTRING ? std::string(shortened(check_view(L, -1))) : "?";
    lua_pop(L, 1);
    return text;
  }
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      return std::string(shortened(check_view(L, index)));
    case LUA_TNUMBER: {
      lua_pushvalue(L, index);
      std::string text(check_view(L, -1));
      lua_pop(L, 1);
      return text;
    }
    case LUA_TBOOLEAN:
      return lua_toboolean(L, index) != 0 ? "true" : "false";
    default:
      return luaL_typename(L, index);
  }
}

// debug … error (message [, fields])
template <LogLevel kLevel>
int write(lua_State* L) {
  const Logger& logger = LuaPhases::of(L).services().logger();
  const std::string_view message = shortened(check_view(L, 1));
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TTABLE);
  if (!logger.enabled(kLevel)) return 0;
  // The fields hold views of their names, so the names are kept beside them.
  std::vector<std::string> names;
  names.reserve(kMaxFields);
  std::vector<LogField> fields;
  if (lua_istable(L, 2)) {
    lua_pushnil(L);
    while (lua_next(L, 2) != 0) {
      if (lua_type(L, -2) != LUA_TSTRING) return luaL_error(L, "log: the name of a field has to be a string");
      if (names.size() == kMaxFields) return luaL_error(L, "log: more than 32 fields");
      names.emplace_back(shortened(check_view(L, -2)));
      const double number = lua_tonumber(L, -1);
      if (lua_type(L, -1) == LUA_TNUMBER &&
          number == static_cast<double>(static_cast<std::int64_t>(number)) && number > -1e15 &&
          number < 1e15) {
        fields.emplace_back(names.back(), static_cast<std::int64_t>(number));
      } else {
        fields.emplace_back(names.back(), text_of(L, lua_gettop(L)));
      }
      lua_pop(L, 1);
    }
  }
  logger.write(kLevel, message, std::span<const LogField>(fields));
  return 0;
}

// For those who look for it: one line at level info.
int print(lua_State* L) {
  const int count = lua_gettop(L);
  std::string line;
  for (int i = 1; i <= count && line.size() < kMaxText; ++i) {
    if (i > 1) line += '\t';
    line += text_of(L, i);
  }
  LuaPhases::of(L).services().logger().info(shortened(line));
  return 0;
}

}  // namespace

void open_log(lua_State* L) {
  static const luaL_Reg kFunctions[] = {{"debug", guarded<write<LogLevel::kDebug>>},
                                        {"info", guarded<write<LogLevel::kInfo>>},
                                        {"warn", guarded<write<LogLevel::kWarn>>},
                                        {"error", guarded<write<LogLevel::kError>>},
                                        {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
  lua_pushcfunction(L, guarded<print>);
  publish_function(L, "print");
}

}  // namespace moongate
