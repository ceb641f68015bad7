// What a policy file can reach: LuaJIT's language and the harmless part of its libraries, unchangeable.
#pragma once

struct lua_State;

namespace moongate {

class Vm;

// Fills a new VM. Protected.
void open_sandbox(lua_State* L, Vm& vm);

// Pops the table on top and makes it the global `name`, read-only for policies; so are the tables in it.
void publish_global(lua_State* L, const char* name);

// Pops the function on top and makes it the global `name`.
void publish_function(lua_State* L, const char* name);

// Replaces the table on top by a read-only view of it. `name` is for the error message of who writes to it.
void freeze_table(lua_State* L, const char* name);

// Parts of it, each in a file of its own. They fill or change the library table on top of the stack.
void replace_string_functions(lua_State* L);
void replace_table_functions(lua_State* L);
// Leaves the `coroutine` table and then `xpcall` on the stack.
void push_coroutine_library(lua_State* L);
// `load`, `loadstring` and `require`, into the table on top.
void add_loading_functions(lua_State* L);

}  // namespace moongate
