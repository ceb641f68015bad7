#include "script/moon/request_body.h"

#include <string>

#include "base/log.h"
#include "protocol/json_scanner.h"
#include "protocol/short_string.h"
#include "script/exchange_state.h"
#include "script/moon/json_text.h"

namespace moongate {
namespace {

constexpr unsigned kWhileBodyIsHeld = kBeforeSending;

RequestBody& body_of(lua_State* L, const ExchangeState& state, const char* function) {
  check_phase(L, state, kWhileBodyIsHeld, function);
  request_head(L, state);
  return state.exchange->body();
}

// The name lives in the frame for as long as the wait does.
Task<Status> read_field(RequestBody& body, std::string name) { co_return co_await body.read_field(name); }

std::string check_name(lua_State* L) {
  const std::string_view name = check_view(L, 2);
  luaL_argcheck(L, !name.empty() && name.size() <= ShortString::kCapacity, 2,
                "a name of 1 to 80 bytes expected");
  return std::string(name);
}

int push_body(lua_State* L, const RequestBody& body) {
  const std::string text = body.text();
  Vm::of(L).require_room(L, text.size());
  push_view(L, text);
  return 1;
}

int push_field(lua_State* L, const RequestBody& body, std::string_view name) {
  const auto raw = body.field(name);
  if (!raw) {
    lua_pushnil(L);
    return 1;
  }
  return push_json_or_failure(L, *raw);
}

// The text with the value of the top-level field `name` replaced, or the field added at the end. False: the
// text is no JSON object.
bool edit_field(std::string& text, std::string_view name, const std::string& value) {
  JsonScanner scanner({name}, 0);
  if (scanner.feed(text) != JsonScanner::State::kDone) return false;
  const std::size_t open = text.find('{');
  if (open == std::string::npos) return false;
  if (scanner.seen(0)) {
    const auto& found = scanner.capture(0);
    text.replace(found.begin, found.end - found.begin, value);
    return true;
  }
  std::string field = "\"";
  append_json_escaped(field, name);
  field += "\":" + value;
  const std::size_t close = text.rfind('}');
  const bool empty = text.find_first_not_of(" \t\r\n", open + 1) == close;
  text.insert(close, empty ? field : "," + field);
  return true;
}

int apply_field(lua_State* L, RequestBody& body, std::string_view name, const std::string& value) {
  std::string text = body.text();
  if (!edit_field(text, name, value)) return push_failure(L, "the body is not a JSON object");
  body.replace(std::move(text));
  lua_pushboolean(L, 1);
  return 1;
}

}  // namespace

int request_body(lua_State* L) {
  ExchangeState& state = check_request(L);
  RequestBody& body = body_of(L, state, "request:body()");
  if (body.complete()) return push_body(L, body);
  return wait_for<Status>(L, body.read_all(), [&body](lua_State* co, Status& read) {
    if (!read.ok()) return push_failure(co, read.error().message);
    return push_body(co, body);
  });
}

int request_field(lua_State* L) {
  ExchangeState& state = check_request(L);
  RequestBody& body = body_of(L, state, "request:field()");
  const std::string name = check_name(L);
  if (body.complete()) return push_field(L, body, name);
  return wait_for<Status>(L, read_field(body, name), [&body, name](lua_State* co, Status& read) {
    if (!read.ok()) return push_failure(co, read.error().message);
    return push_field(co, body, name);
  });
}

int set_request_body(lua_State* L) {
  ExchangeState& state = check_request(L);
  RequestBody& body = body_of(L, state, "request:set_body()");
  check_phase(L, state, phase_bit(Phase::kRequestFilter), "request:set_body()");
  std::string text = lua_istable(L, 2) ? encode_json(L, 2) : std::string(check_view(L, 2));
  if (!body.complete()) return luaL_error(L, "set_body: call request:body() first");
  body.replace(std::move(text));
  return 0;
}

int set_request_field(lua_State* L) {
  ExchangeState& state = check_request(L);
  RequestBody& body = body_of(L, state, "request:set_field()");
  check_phase(L, state, phase_bit(Phase::kRequestFilter), "request:set_field()");
  const std::string name = check_name(L);
  luaL_checkany(L, 3);
  const std::string value = encode_json(L, 3);
  if (body.complete()) return apply_field(L, body, name, value);
  return wait_for<Status>(L, body.read_all(), [&body, name, value](lua_State* co, Status& read) {
    if (!read.ok()) return push_failure(co, read.error().message);
    return apply_field(co, body, name, value);
  });
}

}  // namespace moongate
