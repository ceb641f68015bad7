#include "script/handles.h"

#include <string>

#include "script/vm/guarded.h"

namespace moongate {
namespace {

// Addresses in it are the registry's keys of the metatables.
const char kKeys[static_cast<std::size_t>(HandleKind::kCount)] = {};

void* key_of(HandleKind kind) { return const_cast<char*>(&kKeys[static_cast<std::size_t>(kind)]); }

int refuse_field(lua_State* L) {
  const char* field = lua_tostring(L, 2);
  return luaL_error(L, "%s.%s cannot be set; for values of your own there is request:context()",
                    lua_tostring(L, lua_upvalueindex(1)), field != nullptr ? field : "?");
}

int plain_name(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  return 1;
}

}  // namespace

void refuse_argument(lua_State* L, int index, const char* expected) {
  const std::string text = std::string(expected) + " expected, got " + luaL_typename(L, index);
  luaL_argerror(L, index, text.c_str());
  throw std::bad_alloc();  // not reached: luaL_argerror does not return
}

void push_metatable(lua_State* L, HandleKind kind) {
  lua_pushlightuserdata(L, key_of(kind));
  lua_rawget(L, LUA_REGISTRYINDEX);
}

void define_handle(lua_State* L, HandleKind kind, const char* name, const luaL_Reg* methods,
                   lua_CFunction destroy, lua_CFunction to_string) {
  lua_pushlightuserdata(L, key_of(kind));
  lua_newtable(L);
  lua_newtable(L);
  luaL_register(L, nullptr, methods);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, name);
  lua_pushcclosure(L, guarded<refuse_field>, 1);
  lua_setfield(L, -2, "__newindex");
  if (to_string != nullptr) {
    lua_pushcfunction(L, to_string);
  } else {
    lua_pushstring(L, name);
    lua_pushcclosure(L, plain_name, 1);
  }
  lua_setfield(L, -2, "__tostring");
  if (destroy != nullptr) {
    lua_pushcfunction(L, destroy);
    lua_setfield(L, -2, "__gc");
  }
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_rawset(L, LUA_REGISTRYINDEX);
}

}  // namespace moongate
