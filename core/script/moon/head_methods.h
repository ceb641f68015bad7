// What request and response handles share: reading and editing the fields of a head.
#pragma once

#include "http/head.h"

struct lua_State;

namespace moongate {

// Each takes its arguments from index 2 on, and leaves its results on the stack.
int push_header(lua_State* L, const Head& head);   // name -> value or nil
int push_headers(lua_State* L, const Head& head);  // -> table: lower-case names to value, or list of values
int set_header(lua_State* L, Head& head);          // name, value
int remove_header(lua_State* L, Head& head);       // name
int strip_headers(lua_State* L, Head& head);       // header set -> how many

}  // namespace moongate
