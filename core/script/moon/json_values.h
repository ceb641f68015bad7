// What JSON has and Lua has not.
#pragma once

struct lua_State;

namespace moongate {

void push_json_null(lua_State* L);
bool is_json_null(lua_State* L, int index);
// The metatable that makes a table a list, even when it is empty.
void push_array_metatable(lua_State* L);
bool has_array_metatable(lua_State* L, int index);

}  // namespace moongate
