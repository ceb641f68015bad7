// moon.shared(name): a dictionary that all workers of this process share, with the methods, arguments and
// answers of ngx.shared.DICT.
#include <cmath>

#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

SharedDict& check_dict(lua_State* L) {
  return *check_handle<SharedDict*>(L, 1, HandleKind::kDict,
                                    "dictionary (written with a colon: dict:get(key))");
}

std::int64_t check_ttl_ms(lua_State* L, int index) {
  const double seconds = luaL_optnumber(L, index, 0);
  luaL_argcheck(L, seconds >= 0 && seconds <= 1e9, index, "seconds, or 0 for no end, expected");
  return static_cast<std::int64_t>(std::ceil(seconds * 1000));
}

SharedValue check_value(lua_State* L, int index) {
  SharedValue value;
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
      value.text = check_view(L, index);
      break;
    case LUA_TNUMBER:
      value.kind = SharedValue::Kind::kNumber;
      value.number = lua_tonumber(L, index);
      break;
    case LUA_TBOOLEAN:
      value.kind = SharedValue::Kind::kBoolean;
      value.number = lua_toboolean(L, index);
      break;
    default:
      refuse_argument(L, index, "string, number or boolean");
  }
  return value;
}

int get(lua_State* L) {
  SharedDict& dict = check_dict(L);
  SharedValue value;
  if (!dict.get(check_view(L, 2), value)) {
    lua_pushnil(L);
    return 1;
  }
  switch (value.kind) {
    case SharedValue::Kind::kNumber:
      lua_pushnumber(L, value.number);
      break;
    case SharedValue::Kind::kBoolean:
      lua_pushboolean(L, value.number != 0);
      break;
    default:
      push_view(L, value.text);
      break;
  }
  return 1;
}

// success, err, forcible
int push_change(lua_State* L, const SharedDict::Change& change) {
  lua_pushboolean(L, change.ok());
  if (change.ok()) {
    lua_pushnil(L);
  } else {
    push_view(L, to_string(change.outcome));
  }
  lua_pushboolean(L, change.forcible);
  return 3;
}

using Put = SharedDict::Change (SharedDict::*)(std::string_view, const SharedValue&, std::int64_t);

template <Put kPut>
int put(lua_State* L) {
  SharedDict& dict = check_dict(L);
  const std::string_view key = check_view(L, 2);
  if (kPut == static_cast<Put>(&SharedDict::set) && lua_isnil(L, 3)) return push_change(L, dict.erase(key));
  const SharedValue value = check_value(L, 3);
  return push_change(L, (dict.*kPut)(key, value, check_ttl_ms(L, 4)));
}

int erase(lua_State* L) {
  SharedDict& dict = check_dict(L);
  return push_change(L, dict.erase(check_view(L, 2)));
}

// incr(key, value [, init [, init_ttl]]) -> newval, err, forcible
int incr(lua_State* L) {
  SharedDict& dict = check_dict(L);
  const std::string_view key = check_view(L, 2);
  const double by = luaL_checknumber(L, 3);
  std::optional<double> init;
  if (!lua_isnoneornil(L, 4)) init = luaL_checknumber(L, 4);
  const auto sum = dict.incr(key, by, init, check_ttl_ms(L, 5));
  if (!sum.ok()) return push_failure(L, to_string(sum.outcome));
  lua_pushnumber(L, sum.value);
  lua_pushnil(L);
  lua_pushboolean(L, sum.forcible);
  return 3;
}

// ttl(key) -> seconds, 0 for no end; nil and "not found"
int ttl(lua_State* L) {
  SharedDict& dict = check_dict(L);
  const auto left = dict.ttl(check_view(L, 2));
  if (!left) return push_failure(L, "not found");
  lua_pushnumber(L, static_cast<double>(*left) / 1000);
  return 1;
}

int expire(lua_State* L) {
  SharedDict& dict = check_dict(L);
  const std::string_view key = check_view(L, 2);
  return push_change(L, dict.expire(key, check_ttl_ms(L, 3)));
}

// get_keys([most]): 1024 when nothing is said, all for 0
int get_keys(lua_State* L) {
  SharedDict& dict = check_dict(L);
  const lua_Integer most = luaL_optinteger(L, 2, 1024);
  luaL_argcheck(L, most >= 0, 2, "0 or more expected");
  const auto keys = dict.keys(static_cast<std::size_t>(most));
  lua_createtable(L, static_cast<int>(keys.size()), 0);
  int index = 0;
  for (const std::string& key : keys) {
    push_view(L, key);
    lua_rawseti(L, -2, ++index);
  }
  return 1;
}

int flush_all(lua_State* L) {
  check_dict(L).flush_all();
  return 0;
}

constexpr luaL_Reg kMethods[] = {
    {"add", guarded<put<static_cast<Put>(&SharedDict::add)>>},
    {"delete", guarded<erase>},
    {"expire", guarded<expire>},
    {"flush_all", guarded<flush_all>},
    {"get", guarded<get>},
    {"get_keys", guarded<get_keys>},
    {"incr", guarded<incr>},
    {"replace", guarded<put<static_cast<Put>(&SharedDict::replace)>>},
    {"set", guarded<put<static_cast<Put>(&SharedDict::set)>>},
    {"ttl", guarded<ttl>},
    {nullptr, nullptr},
};

int open_dict(lua_State* L) {
  const std::string_view name = check_view(L, 1);
  luaL_argcheck(L, !name.empty() && name.size() <= 128, 1, "a name of 1 to 128 bytes expected");
  SharedDict* dict = LuaPhases::of(L).services().shared_dicts().open(name);
  if (dict == nullptr)
    return luaL_error(L, "shared: there are too many dictionaries; names are to be few and fixed");
  push_handle(L, HandleKind::kDict, dict);
  return 1;
}

}  // namespace

void open_shared(lua_State* L) {
  define_handle(L, HandleKind::kDict, "dictionary", kMethods, nullptr, nullptr);
  lua_pushcfunction(L, guarded<open_dict>);
  lua_setfield(L, -2, "shared");
}

}  // namespace moongate
