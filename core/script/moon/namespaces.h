// The global `moon`: one namespace a file, and one line in the list in namespaces.cpp.
#pragma once

struct lua_State;

namespace moongate {

// Makes `moon`, read-only, and the metatables of the handles. Protected, once per VM.
void open_moon(lua_State* L);

// Each fills the table on top of the stack, or sets functions of `moon` itself (which is then on top).
void open_accounts(lua_State* L);
void open_cache(lua_State* L);
void open_clients(lua_State* L);
void open_config(lua_State* L);
void open_crypto(lua_State* L);
void open_http(lua_State* L);
void open_json(lua_State* L);
void open_jwt(lua_State* L);
void open_limits(lua_State* L);
void open_log(lua_State* L);
void open_map(lua_State* L);
void open_metrics(lua_State* L);
void open_time(lua_State* L);

void open_header_set(lua_State* L);  // moon.header_set
void open_shared(lua_State* L);      // moon.shared
void open_sleep(lua_State* L);       // moon.sleep

// Metatables only: what hooks are given.
void define_event(lua_State* L);
void define_request(lua_State* L);
void define_response(lua_State* L);

}  // namespace moongate
