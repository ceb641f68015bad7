#include "script/moon/head_methods.h"

#include <string>

#include "http/header_set.h"
#include "script/handles.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxValue = 65536;
constexpr std::size_t kMaxAdded = 128;

}  // namespace

int push_header(lua_State* L, const Head& head) {
  const auto found = head.find(check_view(L, 2));
  if (found) {
    push_view(L, found.value);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

namespace {

// A second value of the same name turns the first into a list.
void add_to_table(lua_State* L, std::string_view name, std::string_view value) {
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  push_view(L, lower);
  lua_pushvalue(L, -1);
  lua_rawget(L, -3);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    push_view(L, value);
  } else if (lua_istable(L, -1)) {
    push_view(L, value);
    lua_rawseti(L, -2, static_cast<int>(lua_objlen(L, -2)) + 1);
  } else {
    lua_createtable(L, 2, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    push_view(L, value);
    lua_rawseti(L, -2, 2);
  }
  lua_rawset(L, -3);
}

}  // namespace

int push_headers(lua_State* L, const Head& head) {
  lua_newtable(L);
  for (const HeaderField& field : head.fields) {
    if (!field.removed) add_to_table(L, field.name, field.value);
  }
  for (const auto& [name, value] : head.added) add_to_table(L, name, value);
  return 1;
}

int set_header(lua_State* L, Head& head) {
  const std::string_view name = check_view(L, 2);
  if (lua_isnil(L, 3)) {  // as in ngx.req.set_header
    head.remove(name);
    return 0;
  }
  // Headers lie outside of Lua's heap, where the memory cap does not see them.
  const std::string_view value = check_view(L, 3);
  luaL_argcheck(L, value.size() <= kMaxValue, 3, "at most 64 KiB expected");
  if (head.added.size() >= kMaxAdded) return luaL_error(L, "set_header: more than 128 headers were set");
  Status set = head.set(name, value);
  if (!set.ok()) return luaL_error(L, "set_header: %s", set.error().message.c_str());
  return 0;
}

int remove_header(lua_State* L, Head& head) {
  head.remove(check_view(L, 2));
  return 0;
}

int strip_headers(lua_State* L, Head& head) {
  auto& set = check_handle<std::shared_ptr<const HeaderSet>>(L, 2, HandleKind::kHeaderSet, "header set");
  lua_pushinteger(L, head.strip(*set));
  return 1;
}

}  // namespace moongate
