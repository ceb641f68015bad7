// The request handle: what every hook on the way out is given.
#include <string>

#include "http/message.h"
#include "script/exchange_state.h"
#include "script/moon/head_methods.h"
#include "script/moon/namespaces.h"
#include "script/moon/request_body.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxMessage = 4096;  // of a rejection; the rest is cut
constexpr unsigned kMayReject = phases_until(Phase::kResponseFilter);

// nil instead of an empty text.
int push_or_nil(lua_State* L, std::string_view text) {
  if (text.empty()) {
    lua_pushnil(L);
  } else {
    push_view(L, text);
  }
  return 1;
}

// Views of the target lie in the head's bytes.
const ApiTarget& target(lua_State* L) {
  ExchangeState& state = check_request(L);
  request_head(L, state);
  return state.exchange->target;
}

int id(lua_State* L) { return push_or_nil(L, check_request(L).exchange->id); }
int client_address(lua_State* L) { return push_or_nil(L, check_request(L).exchange->client_address); }
int model(lua_State* L) { return push_or_nil(L, check_request(L).exchange->model); }
int dialect(lua_State* L) { return push_or_nil(L, to_string(check_request(L).exchange->target.dialect)); }
int operation(lua_State* L) { return push_or_nil(L, to_string(check_request(L).exchange->target.operation)); }
int path(lua_State* L) { return push_or_nil(L, target(L).path); }
int version(lua_State* L) { return push_or_nil(L, target(L).version); }
int project(lua_State* L) { return push_or_nil(L, target(L).project); }
int location(lua_State* L) { return push_or_nil(L, target(L).location); }

int method(lua_State* L) { return push_or_nil(L, request_head(L, check_request(L)).method); }

int stream(lua_State* L) {
  lua_pushboolean(L, check_request(L).exchange->stream);
  return 1;
}

int is_tls(lua_State* L) {
  lua_pushboolean(L, check_request(L).exchange->tls);
  return 1;
}

// The caller's credential is asked for by name, and does not turn up in what a policy may print.
bool is_key_parameter(std::string_view pair) { return pair.substr(0, pair.find('=')) == "key"; }

int query(lua_State* L) {
  std::string_view rest = target(L).query;
  std::string out;
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (is_key_parameter(pair)) continue;
    if (!out.empty()) out += '&';
    out += pair;
  }
  return push_or_nil(L, out);
}

// As ngx.req.get_uri_args: a name without '=' is true, a name that is repeated a list.
int args(lua_State* L) {
  const std::string_view text = target(L).query;
  lua_newtable(L);
  for (const auto& [name, value] : parse_form(text)) {
    if (name == "key") continue;
    push_view(L, name);
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      push_view(L, name);
      push_view(L, value);
      lua_rawset(L, -3);
      continue;
    }
    if (!lua_istable(L, -1)) {
      lua_createtable(L, 2, 0);
      lua_insert(L, -2);
      lua_rawseti(L, -2, 1);
      push_view(L, name);
      lua_pushvalue(L, -2);
      lua_rawset(L, -4);
    }
    push_view(L, value);
    lua_rawseti(L, -2, static_cast<int>(lua_objlen(L, -2)) + 1);
    lua_pop(L, 1);
  }
  return 1;
}

int header(lua_State* L) { return push_header(L, request_head(L, check_request(L))); }
int headers(lua_State* L) { return push_headers(L, request_head(L, check_request(L))); }

RequestHead& editable(lua_State* L, const char* function) {
  ExchangeState& state = check_request(L);
  check_phase(L, state, kBeforeSending, function);
  return request_head(L, state);
}
int set_header(lua_State* L) { return moongate::set_header(L, editable(L, "request:set_header()")); }
int remove_header(lua_State* L) { return moongate::remove_header(L, editable(L, "request:remove_header()")); }
int strip(lua_State* L) { return strip_headers(L, editable(L, "request:strip()")); }

int credential(lua_State* L) {
  ExchangeState& state = check_request(L);
  request_head(L, state);
  return push_or_nil(L, state.exchange->caller_credential());
}

int identity(lua_State* L) {
  ExchangeState& state = check_request(L);
  LuaPhases::of(L).push_identity_of(L, state);
  return 1;
}

int route(lua_State* L) {
  ExchangeState& state = check_request(L);
  if (state.exchange->route == nullptr) {
    lua_pushnil(L);
  } else {
    LuaPhases::of(L).push_account(L, state.exchange->route->account);
  }
  return 1;
}

int context(lua_State* L) {
  ExchangeState& state = check_request(L);
  LuaPhases::of(L).push_context(L, state);
  return 1;
}

// reject(status, message [, retry_after [, reason]])
int reject(lua_State* L) {
  ExchangeState& state = check_request(L);
  check_phase(L, state, kMayReject, "request:reject()");
  const lua_Integer status = luaL_checkinteger(L, 2);
  luaL_argcheck(L, status >= 400 && status <= 599, 2, "a status from 400 to 599 expected");
  const std::string_view message = check_view(L, 3).substr(0, kMaxMessage);
  const lua_Number retry_after = luaL_optnumber(L, 4, -1);
  luaL_argcheck(L, retry_after >= -1 && retry_after < 1e7, 4, "seconds expected");
  const char* reason = luaL_optstring(L, 5, "");
  luaL_argcheck(L, std::string_view(reason).size() <= 128, 5, "at most 128 bytes expected");
  state.exchange->reject(static_cast<int>(status), std::string(message), reason,
                         static_cast<int>(retry_after));
  return 0;
}

int to_text(lua_State* L) {
  const auto& handle = check_handle<ExchangeHandle>(L, 1, HandleKind::kRequest, "request");
  const std::string text =
      handle.state == nullptr ? "request (ended)" : "request " + std::string(handle.state->exchange->id);
  push_view(L, text);
  return 1;
}

constexpr luaL_Reg kMethods[] = {
    {"args", guarded<args>},
    {"body", guarded<request_body>},
    {"client_address", guarded<client_address>},
    {"context", guarded<context>},
    {"credential", guarded<credential>},
    {"dialect", guarded<dialect>},
    {"field", guarded<request_field>},
    {"header", guarded<header>},
    {"headers", guarded<headers>},
    {"id", guarded<id>},
    {"identity", guarded<identity>},
    {"is_tls", guarded<is_tls>},
    {"location", guarded<location>},
    {"method", guarded<method>},
    {"model", guarded<model>},
    {"operation", guarded<operation>},
    {"path", guarded<path>},
    {"project", guarded<project>},
    {"query", guarded<query>},
    {"reject", guarded<reject>},
    {"remove_header", guarded<remove_header>},
    {"route", guarded<route>},
    {"set_body", guarded<set_request_body>},
    {"set_field", guarded<set_request_field>},
    {"set_header", guarded<set_header>},
    {"stream", guarded<stream>},
    {"strip", guarded<strip>},
    {"version", guarded<version>},
    {nullptr, nullptr},
};

}  // namespace

void define_request(lua_State* L) {
  define_handle(L, HandleKind::kRequest, "request", kMethods, nullptr, guarded<to_text>);
}

}  // namespace moongate
