// C++ functions as Lua sees them.
#pragma once

#include <cstdio>
#include <exception>

#include "script/vm/lua_headers.h"

namespace moongate {

// F as a lua_CFunction. A C++ exception never crosses a Lua frame: it becomes a Lua error with the caller's
// file and line. Lua's own errors pass through (they are no std::exception) and run destructors on their way;
// so F may hold C++ objects, but must not be noexcept and must not catch (...).
template <lua_CFunction F>
int guarded(lua_State* L) {
  char text[512];
  try {
    return F(L);
  } catch (const std::exception& e) {
    std::snprintf(text, sizeof text, "%s", e.what());
  }
  return luaL_error(L, "%s", text);
}

}  // namespace moongate
