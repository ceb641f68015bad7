// table.sort and table.insert without the ways in which LuaJIT's own run for ever inside C: quicksort's bad
// case, comparisons that no hook sees, and positions far outside of the list.
#include "script/vm/guarded.h"
#include "script/vm/lua_headers.h"
#include "script/vm/sandbox.h"
#include "script/vm/vm.h"
#include "script/vm/watchdog.h"

namespace moongate {
namespace {

constexpr int kMaxSorted = 1 << 26;

int insert(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const int next = static_cast<int>(lua_objlen(L, 1)) + 1;
  if (lua_gettop(L) == 2) {
    lua_rawseti(L, 1, next);
    return 0;
  }
  if (lua_gettop(L) != 3) return luaL_error(L, "wrong number of arguments to 'insert'");
  const lua_Integer place = luaL_checkinteger(L, 2);
  luaL_argcheck(L, place >= 1 && place <= next, 2, "position out of bounds");
  for (int i = next; i > place; --i) {
    lua_rawgeti(L, 1, i - 1);
    lua_rawseti(L, 1, i);
  }
  lua_rawseti(L, 1, static_cast<int>(place));
  return 0;
}

// Stack while sorting: 1 the list, 2 the comparator or nil, 3 and 4 two lists to merge from and into.
constexpr int kComparator = 2;

// Whether the value at `a` has to come before the one at `b`.
bool before(lua_State* L, int a, int b) {
  if (lua_isnil(L, kComparator)) return lua_lessthan(L, a, b) != 0;
  lua_pushvalue(L, kComparator);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  const bool less = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return less;
}

// Merges from[low, middle) and from[middle, high) into `into`. Whatever the comparator answers, each value is
// taken once: an inconsistent one gives a strange order and nothing worse.
void merge(lua_State* L, int from, int into, int low, int middle, int high) {
  const WatchedThread* watched = Vm::of(L).watched();
  int left = low;
  int right = middle;
  for (int out = low; out < high; ++out) {
    if (watched != nullptr && watched->stop_requested()) luaL_error(L, "stopped while sorting");
    if (left < middle) lua_rawgeti(L, from, left);
    if (right < high) lua_rawgeti(L, from, right);
    const int top = lua_gettop(L);
    bool take_right = left >= middle;
    if (left < middle && right < high) {
      take_right = before(L, top, top - 1);
      if (take_right) {
        lua_remove(L, top - 1);
      } else {
        lua_pop(L, 1);
      }
    }
    lua_rawseti(L, into, out);
    ++(take_right ? right : left);
  }
}

int sort(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_isnoneornil(L, 2) == 0) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  const int count = static_cast<int>(lua_objlen(L, 1));
  luaL_argcheck(L, count < kMaxSorted, 1, "too many values to sort");
  if (count < 2) return 0;
  Vm::Callback callback(L);
  lua_createtable(L, count, 0);
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, 1, i);
    lua_rawseti(L, 3, i);
  }
  int from = 3;
  int into = 4;
  for (int width = 1; width < count; width *= 2) {
    for (int low = 1; low <= count; low += 2 * width) {
      const int middle = low + width <= count + 1 ? low + width : count + 1;
      const int high = low + 2 * width <= count + 1 ? low + 2 * width : count + 1;
      merge(L, from, into, low, middle, high);
    }
    const int swap = from;
    from = into;
    into = swap;
  }
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, from, i);
    lua_rawseti(L, 1, i);
  }
  return 0;
}

}  // namespace

void replace_table_functions(lua_State* L) {
  static const luaL_Reg kFunctions[] = {
      {"insert", guarded<insert>}, {"sort", guarded<sort>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
