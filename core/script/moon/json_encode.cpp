#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/log.h"
#include "script/handles.h"
#include "script/moon/json_text.h"
#include "script/moon/json_values.h"
#include "script/vm/vm.h"
#include "script/vm/watchdog.h"

namespace moongate {
namespace {

constexpr double kExact = 9007199254740992.0;  // 2^53: up to here every integer is a double

class Encoder {
 public:
  explicit Encoder(lua_State* L) : L_(L), vm_(Vm::of(L)) {}

  void value(int index, int depth) {
    if ((++values_ & 255) == 0) pause();
    switch (lua_type(L_, index)) {
      case LUA_TBOOLEAN:
        out_ += lua_toboolean(L_, index) != 0 ? "true" : "false";
        return;
      case LUA_TNUMBER:
        return number(lua_tonumber(L_, index));
      case LUA_TSTRING:
        return string(index);
      case LUA_TTABLE:
        return table(index, depth);
      default:
        if (is_json_null(L_, index)) {
          out_ += "null";
          return;
        }
        luaL_error(L_, "json: a %s cannot be encoded", luaL_typename(L_, index));
    }
  }

  std::string take() { return std::move(out_); }

 private:
  struct Key {
    std::string text;
    bool number;
    bool operator<(const Key& other) const { return text < other.text; }
  };

  // The text grows outside of Lua's heap, and no hook looks into this loop.
  void pause() {
    vm_.require_room(L_, out_.capacity());
    if (vm_.watched() != nullptr && vm_.watched()->stop_requested())
      luaL_error(L_, "stopped while encoding JSON");
  }

  void number(double number) {
    if (!std::isfinite(number)) luaL_error(L_, "json: a number that is not finite cannot be encoded");
    char text[32];
    const auto end = std::floor(number) == number && std::fabs(number) < kExact
                         ? std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(number))
                         : std::to_chars(text, text + sizeof text, number);
    out_.append(text, end.ptr);
  }

  void string(int index) {
    std::size_t size = 0;
    const char* text = lua_tolstring(L_, index, &size);
    vm_.require_room(L_, out_.size() + size);
    out_ += '"';
    append_json_escaped(out_, {text, size});
    out_ += '"';
  }

  void table(int index, int depth) {
    if (depth >= kMaxJsonDepth) luaL_error(L_, "json: nested too deep, or a table holds itself");
    luaL_checkstack(L_, 4, "json");
    std::size_t all = 0;
    std::size_t numbers = 0;
    double largest = 0;
    lua_pushnil(L_);
    while (lua_next(L_, index) != 0) {
      lua_pop(L_, 1);
      if (lua_type(L_, -1) == LUA_TNUMBER) {
        const double n = lua_tonumber(L_, -1);
        if (n >= 1 && std::floor(n) == n) {
          ++numbers;
          largest = std::max(largest, n);
        }
      } else if (lua_type(L_, -1) != LUA_TSTRING) {
        luaL_error(L_, "json: a %s cannot be a key", luaL_typename(L_, -1));
      }
      if ((++all & 1023) == 0) pause();
    }
    if (all == 0 ? has_array_metatable(L_, index) : numbers == all) {
      if (largest > static_cast<double>(all)) luaL_error(L_, "json: a list has holes in it");
      return list(index, static_cast<int>(all), depth);
    }
    object(index, depth);
  }

  void list(int index, int size, int depth) {
    out_ += '[';
    for (int i = 1; i <= size; ++i) {
      if (i > 1) out_ += ',';
      lua_rawgeti(L_, index, i);
      value(lua_gettop(L_), depth + 1);
      lua_pop(L_, 1);
    }
    out_ += ']';
  }

  void object(int index, int depth) {
    std::vector<Key> keys;
    lua_pushnil(L_);
    while (lua_next(L_, index) != 0) {
      lua_pop(L_, 1);
      const bool numeric = lua_type(L_, -1) == LUA_TNUMBER;
      lua_pushvalue(L_, -1);  // lua_tolstring would change the key itself
      std::size_t size = 0;
      const char* text = lua_tolstring(L_, -1, &size);
      keys.push_back({std::string(text, size), numeric});
      lua_pop(L_, 1);
    }
    std::sort(keys.begin(), keys.end());
    out_ += '{';
    bool first = true;
    for (const Key& key : keys) {
      if (!first) out_ += ',';
      first = false;
      out_ += '"';
      append_json_escaped(out_, key.text);
      out_ += "\":";
      push_view(L_, key.text);
      if (key.number) {
        lua_pushnumber(L_, lua_tonumber(L_, -1));
        lua_remove(L_, -2);
      }
      lua_rawget(L_, index);
      value(lua_gettop(L_), depth + 1);
      lua_pop(L_, 1);
    }
    out_ += '}';
  }

  lua_State* L_;
  Vm& vm_;
  std::string out_;
  std::size_t values_ = 0;
};

}  // namespace

std::string encode_json(lua_State* L, int index) {
  Encoder encoder(L);
  encoder.value(index, 0);
  return encoder.take();
}

}  // namespace moongate
