#include "script/vm/sandbox.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include "script/vm/guarded.h"
#include "script/vm/lua_headers.h"
#include "script/vm/vm.h"

namespace moongate {
namespace {

// Where the table of real globals lies in the registry; policies see it through a proxy.
const char kGlobals = 0;

int refuse_write(lua_State* L) {
  const char* key = lua_tostring(L, 2);
  return luaL_error(L, "%s.%s cannot be set: what the gateway offers is read-only",
                    lua_tostring(L, lua_upvalueindex(1)), key != nullptr ? key : "?");
}

int refuse_global(lua_State* L) {
  const char* key = lua_tostring(L, 2);
  return luaL_error(L, "assignment to global '%s': write 'local %s', globals would be shared by all requests",
                    key != nullptr ? key : "?", key != nullptr ? key : "?");
}

int unknown_global(lua_State* L) {
  const char* key = lua_tostring(L, 2);
  return luaL_error(L, "undefined global '%s'", key != nullptr ? key : "?");
}

int raw_set(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 3);
  if (luaL_getmetafield(L, 1, "__metatable") != 0) return luaL_error(L, "rawset: this table is protected");
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 1;
}

// Only asks. A policy that stops the collector or runs it for every request harms all others.
int collect_garbage(lua_State* L) {
  const char* option = luaL_optstring(L, 1, "count");
  if (std::string_view(option) != "count") return luaL_error(L, "collectgarbage: only 'count' is available");
  lua_pushnumber(L, static_cast<lua_Number>(Vm::of(L).memory().used()) / 1024);
  return 1;
}

void open_library(lua_State* L, lua_CFunction open, const char* name) {
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 0);
}

// The fields of the table at `from` that `names` (ended by a null) lists, into the table on top.
void copy_fields(lua_State* L, int from, const char* const* names) {
  for (; *names != nullptr; ++names) {
    lua_getfield(L, from, *names);
    lua_setfield(L, -2, *names);
  }
}

void remove_fields(lua_State* L, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    lua_pushnil(L);
    lua_setfield(L, -2, name);
  }
}

}  // namespace

void freeze_table(lua_State* L, const char* name) {
  lua_newtable(L);  // the view: empty, so that every access goes to the metatable
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, name);
  lua_pushcclosure(L, guarded<refuse_write>, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

void publish_function(lua_State* L, const char* name) {
  lua_pushlightuserdata(L, const_cast<char*>(&kGlobals));
  lua_rawget(L, LUA_REGISTRYINDEX);
  lua_insert(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

void publish_global(lua_State* L, const char* name) {
  const int table = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (lua_istable(L, -1) && lua_type(L, -2) == LUA_TSTRING) {
      const std::string full = std::string(name) + "." + lua_tostring(L, -2);
      freeze_table(L, full.c_str());
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, table);  // an existing key: allowed while traversing
    } else {
      lua_pop(L, 1);
    }
  }
  freeze_table(L, name);
  publish_function(L, name);
}

void open_sandbox(lua_State* L, Vm& vm) {
  open_library(L, luaopen_base, "");
  open_library(L, luaopen_table, LUA_TABLIBNAME);
  open_library(L, luaopen_string, LUA_STRLIBNAME);
  open_library(L, luaopen_math, LUA_MATHLIBNAME);
  open_library(L, luaopen_bit, LUA_BITLIBNAME);
  if (vm.ffi()) {
    // Opening it leaves the module as its result; `require "ffi"` finds it in the registry.
    lua_pushcfunction(L, luaopen_ffi);
    lua_pushstring(L, LUA_FFILIBNAME);
    lua_call(L, 1, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "moongate.ffi");
  }
  // No hook stops compiled traces (see watchdog.h), and hooks gain little from compilation: they are short.
  luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);

  lua_pushvalue(L, LUA_GLOBALSINDEX);
  const int all = lua_gettop(L);

  // Not in the list, and why: getfenv and setfenv reach other functions' globals; newproxy makes finalizers,
  // in which no hook runs; dofile and loadfile read any file; gcinfo and module are of the past.
  static const char* const kBase[] = {"assert",       "error",    "getmetatable", "ipairs", "next",
                                      "pairs",        "pcall",    "rawequal",     "rawget", "select",
                                      "setmetatable", "tonumber", "tostring",     "type",   "unpack",
                                      "_VERSION",     nullptr};
  lua_newtable(L);
  const int globals = lua_gettop(L);
  copy_fields(L, all, kBase);
  lua_pushcfunction(L, guarded<raw_set>);
  lua_setfield(L, globals, "rawset");
  lua_pushcfunction(L, guarded<collect_garbage>);
  lua_setfield(L, globals, "collectgarbage");
  add_loading_functions(L);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, guarded<unknown_global>);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, globals);
  lua_pushlightuserdata(L, const_cast<char*>(&kGlobals));
  lua_pushvalue(L, globals);
  lua_rawset(L, LUA_REGISTRYINDEX);

  push_coroutine_library(L);
  lua_setfield(L, globals, "xpcall");
  publish_global(L, LUA_COLIBNAME);

  // The string library is reached through every string as well.
  lua_getfield(L, all, LUA_STRLIBNAME);
  replace_string_functions(L);
  remove_fields(L, {"dump", "gfind"});
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
  publish_global(L, LUA_STRLIBNAME);

  lua_getfield(L, all, LUA_TABLIBNAME);
  replace_table_functions(L);
  remove_fields(L, {"foreach", "foreachi", "getn"});
  publish_global(L, LUA_TABLIBNAME);
  for (const char* name : {LUA_MATHLIBNAME, LUA_BITLIBNAME}) {
    lua_getfield(L, all, name);
    publish_global(L, name);
  }

  // From here on `_G` is the proxy, for this state and for all coroutines made from it.
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, globals, "_G");
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, globals);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, guarded<refuse_global>);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_replace(L, LUA_GLOBALSINDEX);
  lua_settop(L, all - 1);
}

}  // namespace moongate
