#include <charconv>
#include <cmath>

#include "protocol/json_scanner.h"
#include "script/handles.h"
#include "script/moon/json_text.h"
#include "script/moon/json_values.h"
#include "script/vm/vm.h"
#include "script/vm/watchdog.h"

namespace moongate {
namespace {

class Decoder {
 public:
  Decoder(lua_State* L, std::string_view text) : L_(L), text_(text), watched_(Vm::of(L).watched()) {
    push_array_metatable(L_);
    array_metatable_ = lua_gettop(L_);
  }

  bool decode() {
    if (lua_checkstack(L_, 3 * kMaxJsonDepth) == 0) return wrong("there is no stack left");
    if (!value(0)) return false;
    skip_space();
    return at_ == text_.size() || wrong("something stands behind the value");
  }

  std::string why() const { return "invalid JSON at byte " + std::to_string(at_ + 1) + ": " + why_; }

 private:
  bool wrong(const char* why) {
    if (why_ == nullptr) why_ = why;
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }

  bool literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return wrong("a value is missing");
    at_ += word.size();
    return true;
  }

  bool value(int depth) {
    if (depth > kMaxJsonDepth) return wrong("it is nested too deep");
    if ((++values_ & 1023) == 0 && watched_ != nullptr && watched_->stop_requested())
      luaL_error(L_, "stopped");
    skip_space();
    if (at_ == text_.size()) return wrong("it ends too early");
    switch (text_[at_]) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        lua_pushboolean(L_, 1);
        return literal("true");
      case 'f':
        lua_pushboolean(L_, 0);
        return literal("false");
      case 'n':
        push_json_null(L_);
        return literal("null");
      default:
        return number();
    }
  }

  bool object(int depth) {
    ++at_;
    lua_newtable(L_);
    skip_space();
    if (take('}')) return true;
    for (;;) {
      skip_space();
      if (at_ == text_.size() || text_[at_] != '"') return wrong("a key is missing");
      if (!string()) return false;
      skip_space();
      if (!take(':')) return wrong("a colon is missing");
      if (!value(depth + 1)) return false;
      lua_rawset(L_, -3);
      skip_space();
      if (take('}')) return true;
      if (!take(',')) return wrong("a comma or } is missing");
    }
  }

  bool array(int depth) {
    ++at_;
    lua_newtable(L_);
    lua_pushvalue(L_, array_metatable_);
    lua_setmetatable(L_, -2);
    skip_space();
    if (take(']')) return true;
    for (int index = 1;; ++index) {
      if (!value(depth + 1)) return false;
      lua_rawseti(L_, -2, index);
      skip_space();
      if (take(']')) return true;
      if (!take(',')) return wrong("a comma or ] is missing");
    }
  }

  bool take(char c) {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool string() {
    const std::size_t begin = at_++;
    bool escaped = false;
    for (;; ++at_) {
      if (at_ == text_.size()) return wrong("a string does not end");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') break;
      if (c < 0x20) return wrong("a control byte stands in a string");
      if (c == '\\') {
        escaped = true;
        if (++at_ == text_.size()) return wrong("a string does not end");
      }
    }
    ++at_;
    const std::string_view raw = text_.substr(begin, at_ - begin);
    if (!escaped) {
      push_view(L_, raw.substr(1, raw.size() - 2));
      return true;
    }
    if (!decode_json_string(raw, scratch_)) return wrong("a string has a bad escape");
    push_view(L_, scratch_);
    return true;
  }

  // JSON's grammar is stricter than from_chars: no leading zeros, no bare point, no inf.
  bool number() {
    std::size_t end = at_;
    auto digits = [&] {
      const std::size_t first = end;
      while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
      return end > first;
    };
    if (end < text_.size() && text_[end] == '-') ++end;
    const std::size_t whole = end;
    if (!digits()) return wrong("a value is missing");
    if (text_[whole] == '0' && end > whole + 1) return wrong("a number begins with 0");
    if (end < text_.size() && text_[end] == '.') {
      ++end;
      if (!digits()) return wrong("a number ends with its point");
    }
    if (end < text_.size() && (text_[end] | 0x20) == 'e') {
      ++end;
      if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
      if (!digits()) return wrong("a number has no exponent");
    }
    double value = 0;
    const auto parsed = std::from_chars(text_.data() + at_, text_.data() + end, value);
    if (parsed.ec == std::errc::result_out_of_range)
      value = std::strtod(std::string(text_.substr(at_, end - at_)).c_str(), nullptr);
    if (!std::isfinite(value)) return wrong("a number is too large");
    at_ = end;
    lua_pushnumber(L_, value);
    return true;
  }

  lua_State* L_;
  std::string_view text_;
  const WatchedThread* watched_;
  int array_metatable_ = 0;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
  const char* why_ = nullptr;
  std::string scratch_;
};

}  // namespace

bool push_json(lua_State* L, std::string_view text, std::string& why) {
  const int top = lua_gettop(L);
  Decoder decoder(L, text);
  if (decoder.decode()) {
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
    return true;
  }
  lua_settop(L, top);
  why = decoder.why();
  return false;
}

int push_json_or_failure(lua_State* L, std::string_view text) {
  std::string why;
  if (push_json(L, text, why)) return 1;
  lua_pushnil(L);
  push_view(L, why);
  return 2;
}

}  // namespace moongate
