// JSON to Lua values and back, after lua-cjson.
#pragma once

#include <string>
#include <string_view>

struct lua_State;

namespace moongate {

inline constexpr int kMaxJsonDepth = 128;

// Pushes the value that `text` (exactly one JSON value, white space around it allowed) stands for. null
// becomes moon.json.null; lists carry moon.json.array_mt, so that an empty one is a list again when it is
// encoded. Numbers are doubles. False: it is not JSON; nothing is pushed and `why` says where it broke.
// Raises only for memory.
bool push_json(lua_State* L, std::string_view text, std::string& why);
// Leaves the value, or nil and why not; returns how many that are.
int push_json_or_failure(lua_State* L, std::string_view text);

// The value at `index` as JSON, keys in order of their bytes, so that the same value is always the same text.
// Raises: a function or other value that JSON has not, nesting beyond kMaxJsonDepth (or a table that holds
// itself), a list with holes, a number that is not finite, not enough memory.
std::string encode_json(lua_State* L, int index);

}  // namespace moongate
