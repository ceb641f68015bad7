// load, loadstring and require: text only, and from the policy's own folder.
#include <string>
#include <string_view>

#include "script/vm/guarded.h"
#include "script/vm/lua_headers.h"
#include "script/vm/sandbox.h"
#include "script/vm/vm.h"

namespace moongate {
namespace {

constexpr char kLoaded[] = "moongate.loaded";

// load(text [, name [, mode [, env]]]): the function, or nil and why not. A reader function in place of the
// text is refused: it would be called back from inside the parser, where no hook runs.
int load(lua_State* L) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  if (size > PolicySource::kMaxFileBytes) return luaL_error(L, "load: more than 1 MiB of text");
  const char* name = luaL_optstring(L, 2, "=(load)");
  const char* mode = luaL_optstring(L, 3, "t");
  if (std::string_view(mode).find('t') == std::string_view::npos)
    return luaL_error(L, "load: only text is loaded");
  if (luaL_loadbufferx(L, text, size, name, "t") != 0) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  if (lua_istable(L, 4)) {
    lua_pushvalue(L, 4);
    lua_setfenv(L, -2);
  }
  return 1;
}

bool is_module_name(std::string_view name) {
  if (name.empty() || name.size() > 200 || name.front() == '.' || name.back() == '.') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool word =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!word && !(c == '.' && name[i + 1] != '.')) return false;
  }
  return true;
}

int require(lua_State* L) {
  std::size_t size = 0;
  const char* given = luaL_checklstring(L, 1, &size);
  const std::string name(given, size);
  Vm& vm = Vm::of(L);
  if (vm.ffi() && name == "ffi") {
    lua_getfield(L, LUA_REGISTRYINDEX, "moongate.ffi");
    return 1;
  }
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, kLoaded);
  lua_getfield(L, 2, name.c_str());
  if (lua_islightuserdata(L, -1))
    return luaL_error(L, "loop: module '%s' is being loaded already", name.c_str());
  if (!lua_isnil(L, -1)) return 1;
  lua_pop(L, 1);

  if (!is_module_name(name))
    return luaL_error(L, "'%s' is no module name: write it as in 'moongate.dialects'", name.c_str());
  std::string path = name;
  for (char& c : path) c = c == '.' ? '/' : c;
  std::string file = path + ".lua";
  const std::string* text = vm.source().find(file);
  if (text == nullptr) text = vm.source().find(file = path + "/init.lua");
  if (text == nullptr) {
    return luaL_error(L, "module '%s' not found: there is no %s in the policy's folder", name.c_str(),
                      vm.source().shown(path + ".lua").c_str());
  }
  const std::string shown = "@" + vm.source().shown(file);
  if (luaL_loadbufferx(L, text->data(), text->size(), shown.c_str(), "t") != 0) return lua_error(L);

  lua_pushlightuserdata(L, &vm);  // marks it as under way
  lua_setfield(L, 2, name.c_str());
  lua_pushvalue(L, 1);
  {
    Vm::Callback callback(L);
    if (lua_pcall(L, 1, 1, 0) != 0) {
      lua_pushnil(L);  // the next one tries again
      lua_setfield(L, 2, name.c_str());
      return lua_error(L);
    }
  }
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushboolean(L, 1);
  }
  lua_pushvalue(L, -1);
  lua_setfield(L, 2, name.c_str());
  return 1;
}

}  // namespace

void add_loading_functions(lua_State* L) {
  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, kLoaded);
  lua_pushcfunction(L, guarded<load>);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "load");
  lua_setfield(L, -2, "loadstring");
  lua_pushcfunction(L, guarded<require>);
  lua_setfield(L, -2, "require");
}

}  // namespace moongate
