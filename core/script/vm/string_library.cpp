// string.find, match, gmatch, gsub on the step-counted matcher, and a bound for string.format's callbacks.
#include <cstring>
#include <string>
#include <string_view>

#include "script/vm/guarded.h"
#include "script/vm/lua_headers.h"
#include "script/vm/pattern.h"
#include "script/vm/sandbox.h"
#include "script/vm/vm.h"

namespace moongate {
namespace {

std::string_view check_text(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, index, &size);
  return {text, size};
}

void push_text(lua_State* L, const char* begin, const char* end) {
  lua_pushlstring(L, begin, static_cast<std::size_t>(end - begin));
}

// Capture `index` of a match from `begin` to `end`; the whole match is capture 0 of a pattern that has none.
void push_capture(lua_State* L, const PatternMatcher& matcher, int index, const char* begin,
                  const char* end) {
  if (index >= matcher.captures()) {
    if (index != 0) luaL_error(L, "invalid capture index");
    return push_text(L, begin, end);
  }
  const auto capture = matcher.capture(index);
  if (capture.is_position()) {
    lua_pushinteger(L, capture.begin - matcher.subject_begin() + 1);
  } else {
    push_text(L, capture.begin, capture.begin + capture.length);
  }
}

int push_captures(lua_State* L, const PatternMatcher& matcher, const char* begin, const char* end,
                  bool whole) {
  const int count = matcher.captures() == 0 && whole ? 1 : matcher.captures();
  luaL_checkstack(L, count, "too many captures");
  for (int i = 0; i < count; ++i) push_capture(L, matcher, i, begin, end);
  return count;
}

int find_or_match(lua_State* L, bool find) {
  const std::string_view subject = check_text(L, 1);
  std::string_view pattern = check_text(L, 2);
  lua_Integer init = luaL_optinteger(L, 3, 1);
  if (init < 0) init += static_cast<lua_Integer>(subject.size()) + 1;
  std::size_t start = init > 0 ? static_cast<std::size_t>(init - 1) : 0;
  if (start > subject.size()) start = subject.size();

  if (find && (lua_toboolean(L, 4) != 0 || is_plain_pattern(pattern))) {
    const char* from = subject.data() + start;
    // memmem is linear in the worst case; a search by comparing at every place is not.
    const void* found =
        pattern.empty() ? from : memmem(from, subject.size() - start, pattern.data(), pattern.size());
    if (found == nullptr) {
      lua_pushnil(L);
      return 1;
    }
    const auto at = static_cast<const char*>(found) - subject.data();
    lua_pushinteger(L, at + 1);
    lua_pushinteger(L, at + static_cast<lua_Integer>(pattern.size()));
    return 2;
  }

  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  StepMeter meter(subject.size(), Vm::of(L).watched());
  PatternMatcher matcher(subject, pattern, meter);
  for (const char* s = subject.data() + start;; ++s) {
    if (const char* end = matcher.match(s)) {
      if (!find) return push_captures(L, matcher, s, end, true);
      lua_pushinteger(L, s - subject.data() + 1);
      lua_pushinteger(L, end - subject.data());
      return push_captures(L, matcher, s, end, false) + 2;
    }
    if (anchored || s == matcher.subject_end()) break;
  }
  lua_pushnil(L);
  return 1;
}

int find(lua_State* L) { return find_or_match(L, true); }
int match(lua_State* L) { return find_or_match(L, false); }

// The iterator: subject, pattern and the place to go on from are its upvalues.
int gmatch_next(lua_State* L) {
  const std::string_view subject = check_text(L, lua_upvalueindex(1));
  const std::string_view pattern = check_text(L, lua_upvalueindex(2));
  const auto place = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(3)));
  StepMeter meter(subject.size(), Vm::of(L).watched());
  PatternMatcher matcher(subject, pattern, meter);
  for (const char* s = subject.data() + place; s <= matcher.subject_end(); ++s) {
    if (const char* end = matcher.match(s)) {
      lua_pushinteger(L, end - subject.data() + (end == s ? 1 : 0));
      lua_replace(L, lua_upvalueindex(3));
      return push_captures(L, matcher, s, end, true);
    }
  }
  return 0;
}

int gmatch(lua_State* L) {
  check_text(L, 1);
  check_text(L, 2);
  lua_settop(L, 2);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, guarded<gmatch_next>, 3);
  return 1;
}

class Replacement {
 public:
  Replacement(lua_State* L, int index) : L_(L), index_(index), type_(lua_type(L, index)) {
    if (type_ == LUA_TNUMBER || type_ == LUA_TSTRING) {
      text_ = check_text(L, index);
    } else if (type_ != LUA_TFUNCTION && type_ != LUA_TTABLE) {
      luaL_argerror(L, index, "string/function/table expected");
    }
  }

  // Appends what stands for the match to `out`.
  void add(const PatternMatcher& matcher, const char* begin, const char* end, std::string& out) {
    if (type_ == LUA_TNUMBER || type_ == LUA_TSTRING) return add_text(matcher, begin, end, out);
    if (type_ == LUA_TTABLE) {
      push_capture(L_, matcher, 0, begin, end);
      Vm::Callback callback(L_);  // __index may be a function
      lua_gettable(L_, index_);
    } else {
      lua_pushvalue(L_, index_);
      const int arguments = push_captures(L_, matcher, begin, end, true);
      Vm::Callback callback(L_);
      lua_call(L_, arguments, 1);
    }
    if (lua_toboolean(L_, -1) == 0) {
      out.append(begin, end);
    } else if (lua_isstring(L_, -1) != 0) {
      add_top(out);
    } else {
      luaL_error(L_, "invalid replacement value (a %s)", luaL_typename(L_, -1));
    }
    lua_pop(L_, 1);
  }

 private:
  void add_text(const PatternMatcher& matcher, const char* begin, const char* end, std::string& out) {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      if (text_[i] != '%') {
        out += text_[i];
        continue;
      }
      const char c = ++i < text_.size() ? text_[i] : '\0';
      if (c < '0' || c > '9') {
        if (i < text_.size()) out += c;
      } else if (c == '0') {
        out.append(begin, end);
      } else {
        push_capture(L_, matcher, c - '1', begin, end);
        add_top(out);
        lua_pop(L_, 1);
      }
    }
  }

  void add_top(std::string& out) {
    std::size_t size = 0;
    const char* text = lua_tolstring(L_, -1, &size);
    out.append(text, size);
  }

  lua_State* L_;
  int index_;
  int type_;
  std::string_view text_;
};

int gsub(lua_State* L) {
  const std::string_view subject = check_text(L, 1);
  std::string_view pattern = check_text(L, 2);
  Replacement replacement(L, 3);
  const lua_Integer most = luaL_optinteger(L, 4, static_cast<lua_Integer>(subject.size()) + 1);
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);

  Vm& vm = Vm::of(L);
  StepMeter meter(subject.size(), vm.watched());
  PatternMatcher matcher(subject, pattern, meter);
  std::string out;
  std::size_t room_for = 0;
  lua_Integer count = 0;
  const char* s = subject.data();
  while (count < most) {
    const char* end = matcher.match(s);
    if (end != nullptr) {
      ++count;
      replacement.add(matcher, s, end, out);
    }
    if (end != nullptr && end > s) {
      s = end;
    } else if (s < matcher.subject_end()) {
      out += *s++;
    } else {
      break;
    }
    if (anchored) break;
    if (out.size() > room_for) {  // the text grows outside of Lua's heap, so the cap is asked now and then
      room_for = out.size() + (out.size() >> 1) + 65536;
      vm.require_room(L, room_for);
    }
  }
  vm.require_room(L, out.size() + static_cast<std::size_t>(matcher.subject_end() - s));
  out.append(s, matcher.subject_end());
  lua_pushlstring(L, out.data(), out.size());
  lua_pushinteger(L, count);
  return 2;
}

// LuaJIT's own (the upvalue), which calls __tostring, which may call string.format, and so on.
int format(lua_State* L) {
  const int arguments = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  Vm::Callback callback(L);
  lua_call(L, arguments, 1);
  return 1;
}

}  // namespace

void replace_string_functions(lua_State* L) {
  static const luaL_Reg kFunctions[] = {{"find", guarded<find>},
                                        {"match", guarded<match>},
                                        {"gmatch", guarded<gmatch>},
                                        {"gsub", guarded<gsub>},
                                        {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
  lua_getfield(L, -1, "format");
  lua_pushcclosure(L, guarded<format>, 1);
  lua_setfield(L, -2, "format");
}

}  // namespace moongate
