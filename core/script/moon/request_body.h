// The request handle's methods that look at the body.
#pragma once

struct lua_State;

namespace moongate {

int request_body(lua_State* L);       // body(): yields until it is read
int request_field(lua_State* L);      // field(name): yields until it is known
int set_request_body(lua_State* L);   // set_body(text or table)
int set_request_field(lua_State* L);  // set_field(name, value): nothing else in the body changes; yields

}  // namespace moongate
