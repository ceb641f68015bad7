// Objects of the gateway as Lua values: full userdata that say what they are in their first word.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include "script/vm/lua_headers.h"

namespace moongate {

enum class HandleKind : std::uint8_t {
  kRequest,
  kResponse,
  kEvent,
  kIdentity,
  kAccount,
  kSecret,
  kHeaderSet,
  kDict,
  kMetric,
  kCount,
};

// Every userdata of the sandbox is one of these (policies can't make any), so a look at the kind is enough to
// know.
template <class T>
struct Boxed {
  const HandleKind kind;
  T value;
};

// Raises "bad argument": `expected` says what was wanted.
[[noreturn]] void refuse_argument(lua_State* L, int index, const char* expected);

// nullptr: the value at `index` is something else.
template <class T>
T* to_handle(lua_State* L, int index, HandleKind kind) {
  if (lua_type(L, index) != LUA_TUSERDATA) return nullptr;
  auto* box = static_cast<Boxed<T>*>(lua_touserdata(L, index));
  return box->kind == kind ? &box->value : nullptr;
}

template <class T>
T& check_handle(lua_State* L, int index, HandleKind kind, const char* expected) {
  T* value = to_handle<T>(L, index, kind);
  if (value == nullptr) refuse_argument(L, index, expected);
  return *value;
}

// Pushes the metatable of a kind. Precondition: define_handle was called for it in this VM.
void push_metatable(lua_State* L, HandleKind kind);

template <class T>
T& push_handle(lua_State* L, HandleKind kind, T value) {
  void* memory = lua_newuserdata(L, sizeof(Boxed<T>));
  auto* box = new (memory) Boxed<T>{kind, std::move(value)};
  push_metatable(L, kind);
  lua_setmetatable(L, -2);
  return box->value;
}

template <class T>
int destroy_handle(lua_State* L) {
  static_cast<Boxed<T>*>(lua_touserdata(L, 1))->value.~T();
  return 0;
}

// Makes the metatable of a kind: `methods` (ended by a null name) are what it can be asked; `destroy` is
// destroy_handle<T>, or null when T needs none; `to_string` may be null. Protected.
void define_handle(lua_State* L, HandleKind kind, const char* name, const luaL_Reg* methods,
                   lua_CFunction destroy, lua_CFunction to_string);

// Pushes a field of a table without asking its metatable: an __index function that calls us again would nest
// C calls that nobody counts. `index` is positive.
inline void push_raw_field(lua_State* L, int index, const char* name) {
  lua_pushstring(L, name);
  lua_rawget(L, index);
}

inline std::string_view check_view(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, index, &size);
  return {text, size};
}
inline void push_view(lua_State* L, std::string_view text) { lua_pushlstring(L, text.data(), text.size()); }

}  // namespace moongate
