// moon.header_set{"via", "x-forwarded-*"}: compiled once, when a file is loaded, and then asked per request.
#include <string>
#include <vector>

#include "http/header_set.h"
#include "script/handles.h"
#include "script/moon/namespaces.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

int make(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  std::vector<std::string> names;
  const int count = static_cast<int>(lua_objlen(L, 1));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, 1, i);
    if (lua_type(L, -1) != LUA_TSTRING || lua_objlen(L, -1) == 0) {
      return luaL_error(L, "header_set: element %d is no header name", i);
    }
    names.emplace_back(check_view(L, -1));
    lua_pop(L, 1);
  }
  push_handle<std::shared_ptr<const HeaderSet>>(L, HandleKind::kHeaderSet,
                                                std::make_shared<HeaderSet>(names));
  return 1;
}

constexpr luaL_Reg kMethods[] = {{nullptr, nullptr}};

}  // namespace

void open_header_set(lua_State* L) {
  define_handle(L, HandleKind::kHeaderSet, "header set", kMethods,
                destroy_handle<std::shared_ptr<const HeaderSet>>, nullptr);
  lua_pushcfunction(L, guarded<make>);
  lua_setfield(L, -2, "header_set");
}

}  // namespace moongate
