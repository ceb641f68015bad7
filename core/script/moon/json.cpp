// moon.json: decode, encode, null, and lists that stay lists when they are empty.
#include "script/handles.h"
#include "script/moon/json_text.h"
#include "script/moon/json_values.h"
#include "script/moon/namespaces.h"
#include "script/vm/guarded.h"
#include "script/vm/sandbox.h"

namespace moongate {
namespace {

const char kArrayMetatable = 0;  // its address is the registry's key

int decode(lua_State* L) { return push_json_or_failure(L, check_view(L, 1)); }

int encode(lua_State* L) {
  luaL_checkany(L, 1);
  push_view(L, encode_json(L, 1));
  return 1;
}

int array(lua_State* L) {
  if (lua_isnoneornil(L, 1) != 0) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  push_array_metatable(L);
  lua_setmetatable(L, 1);
  return 1;
}

}  // namespace

void push_json_null(lua_State* L) { lua_pushlightuserdata(L, nullptr); }

bool is_json_null(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == nullptr;
}

void push_array_metatable(lua_State* L) {
  lua_pushlightuserdata(L, const_cast<char*>(&kArrayMetatable));
  lua_rawget(L, LUA_REGISTRYINDEX);
}

bool has_array_metatable(lua_State* L, int index) {
  if (lua_getmetatable(L, index) == 0) return false;
  push_array_metatable(L);
  const bool same = lua_rawequal(L, -1, -2) != 0;
  lua_pop(L, 2);
  return same;
}

void open_json(lua_State* L) {
  lua_pushlightuserdata(L, const_cast<char*>(&kArrayMetatable));
  lua_newtable(L);
  lua_rawset(L, LUA_REGISTRYINDEX);
  static const luaL_Reg kFunctions[] = {{"array", guarded<array>},
                                        {"decode", guarded<decode>},
                                        {"encode", guarded<encode>},
                                        {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
  push_json_null(L);
  lua_setfield(L, -2, "null");
}

}  // namespace moongate
