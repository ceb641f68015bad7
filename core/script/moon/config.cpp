// moon.config and moon.map: what is in force, to read. Secrets are masked before they get here.
#include <string>

#include "script/exchange_state.h"
#include "script/moon/json_text.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

const Snapshot& snapshot_of(lua_State* L) { return LuaPhases::of(L).services().snapshot(); }

void push_setting(lua_State* L, const SettingValue& value) {
  switch (value.type) {
    case SettingValue::Type::kText:
      push_view(L, value.text);
      break;
    case SettingValue::Type::kInteger:
      lua_pushnumber(L, std::stod(value.text));
      break;
    case SettingValue::Type::kBoolean:
      lua_pushboolean(L, value.text == "true");
      break;
  }
}

// get("limits.head_bytes") -> value; raises for a key that is none, which is a typing error.
int get(lua_State* L) {
  const std::string_view key = check_view(L, 1);
  for (const SettingValue& value : list_settings(*snapshot_of(L).settings)) {
    if (value.key == key) {
      push_setting(L, value);
      return 1;
    }
  }
  return luaL_error(L, "config: there is no setting '%s'", lua_tostring(L, 1));
}

int all(lua_State* L) {
  lua_newtable(L);
  for (const SettingValue& value : list_settings(*snapshot_of(L).settings)) {
    push_view(L, value.key);
    push_setting(L, value);
    lua_rawset(L, -3);
  }
  return 1;
}

// The whole map-config.json, tokens masked, decoded anew at each call: what a policy does to it stays with
// it.
int map_get(lua_State* L) {
  const auto map = snapshot_of(L).map;
  if (map->raw.empty()) {
    lua_newtable(L);
    return 1;
  }
  return push_json_or_failure(L, map->raw);
}

int map_generation(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(snapshot_of(L).map->generation));
  return 1;
}

}  // namespace

void open_config(lua_State* L) {
  static const luaL_Reg kFunctions[] = {{"all", guarded<all>}, {"get", guarded<get>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

void open_map(lua_State* L) {
  static const luaL_Reg kFunctions[] = {
      {"generation", guarded<map_generation>}, {"get", guarded<map_get>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
