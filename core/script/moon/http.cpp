// moon.http.request{…}: one request to anywhere, awaited.
#include <cmath>
#include <string>

#include "script/exchange_state.h"
#include "script/moon/json_text.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

// The field `name` of the table at index 1, on top of the stack. False: it is not there (nothing is pushed).
bool push_option(lua_State* L, const char* name) {
  push_raw_field(L, 1, name);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

std::string take_text(lua_State* L, const char* name) {
  if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "http.request: %s has to be a string", name);
  std::string text(check_view(L, -1));
  lua_pop(L, 1);
  return text;
}

double take_number(lua_State* L, const char* name, double least, double most) {
  const double value = lua_tonumber(L, -1);
  if (lua_type(L, -1) != LUA_TNUMBER || !(value >= least && value <= most)) {
    luaL_error(L, "http.request: %s is out of range", name);
  }
  lua_pop(L, 1);
  return value;
}

bool is_clean(std::string_view text, bool token) {
  for (unsigned char c : text) {
    if (c < 0x20 || c == 0x7f || (token && (c == ' ' || c == ':'))) return false;
  }
  return !token || !text.empty();
}

void read_headers(lua_State* L, FetchRequest& request) {
  if (!lua_istable(L, -1)) luaL_error(L, "http.request: headers has to be a table");
  const int table = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING || lua_isstring(L, -1) == 0) {
      luaL_error(L, "http.request: headers has to map names to values");
    }
    lua_pushvalue(L, -1);  // a number is turned into text, which must not be the one being traversed
    std::string value(check_view(L, -1));
    lua_pop(L, 2);
    std::string name(check_view(L, -1));
    if (!is_clean(name, true) || !is_clean(value, false))
      luaL_error(L, "http.request: a header that cannot be sent");
    request.headers.emplace_back(std::move(name), std::move(value));
  }
  lua_pop(L, 1);
}

constexpr const char* kOptions[] = {"url", "method", "headers", "body", "timeout_ms", "max_bytes"};

void check_options(lua_State* L) {
  lua_pushnil(L);
  while (lua_next(L, 1) != 0) {
    lua_pop(L, 1);
    bool known = false;
    if (lua_type(L, -1) == LUA_TSTRING) {
      for (const char* option : kOptions) known = known || check_view(L, -1) == option;
    }
    if (!known)
      luaL_error(L, "http.request: there is no option '%s'",
                 lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?");
  }
}

int push_response(lua_State* L, const FetchResponse& response) {
  Vm::of(L).require_room(L, response.body.size());
  lua_createtable(L, 0, 3);
  lua_pushinteger(L, response.status);
  lua_setfield(L, -2, "status");
  push_view(L, response.body);
  lua_setfield(L, -2, "body");
  lua_newtable(L);
  for (const auto& [name, value] : response.headers) {
    std::string lower = name;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    push_view(L, lower);
    push_view(L, value);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "headers");
  return 1;
}

// request{url =, method =, headers =, body =, timeout_ms =, max_bytes =} -> {status =, headers =, body =};
// nil and why
int request(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  check_options(L);
  FetchRequest request;
  if (!push_option(L, "url")) return luaL_error(L, "http.request: url is missing");
  Status parsed = parse_url(take_text(L, "url"), request.endpoint, request.target);
  if (!parsed.ok()) return luaL_error(L, "http.request: %s", parsed.error().message.c_str());
  if (push_option(L, "method")) request.method = take_text(L, "method");
  if (!is_clean(request.method, true)) return luaL_error(L, "http.request: a method that cannot be sent");
  if (push_option(L, "headers")) read_headers(L, request);
  if (push_option(L, "body")) {
    if (lua_istable(L, -1)) {
      request.body = encode_json(L, lua_gettop(L));
      lua_pop(L, 1);
    } else {
      request.body = take_text(L, "body");
    }
  }
  if (push_option(L, "timeout_ms"))
    request.timeout_ms = static_cast<int>(take_number(L, "timeout_ms", 1, 600'000));
  if (push_option(L, "max_bytes")) {
    request.max_bytes = static_cast<std::size_t>(take_number(L, "max_bytes", 0, 32 << 20));
  }
  using Answer = Result<FetchResponse>;
  return wait_for<Answer>(
      L, LuaPhases::of(L).services().fetch(std::move(request)), [](lua_State* co, Answer& answer) {
        return answer.ok() ? push_response(co, *answer) : push_failure(co, answer.error().message);
      });
}

}  // namespace

void open_http(lua_State* L) {
  static const luaL_Reg kFunctions[] = {{"request", guarded<request>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
