#include "script/moon/namespaces.h"

#include "script/exchange_state.h"
#include "script/vm/sandbox.h"

namespace moongate {
namespace {

struct Namespace {
  const char* name;
  void (*open)(lua_State*);
};

constexpr Namespace kNamespaces[] = {
    {"accounts", open_accounts}, {"cache", open_cache}, {"clients", open_clients}, {"config", open_config},
    {"crypto", open_crypto},     {"http", open_http},   {"json", open_json},       {"jwt", open_jwt},
    {"limits", open_limits},     {"log", open_log},     {"map", open_map},         {"metrics", open_metrics},
    {"time", open_time},
};

}  // namespace

void open_moon(lua_State* L) {
  define_request(L);
  define_response(L);
  define_event(L);
  lua_newtable(L);
  for (const Namespace& each : kNamespaces) {
    lua_newtable(L);
    each.open(L);
    lua_setfield(L, -2, each.name);
  }
  open_header_set(L);
  open_shared(L);
  open_sleep(L);
  publish_global(L, "moon");
}

namespace {

ExchangeState& live(lua_State* L, int index, HandleKind kind, const char* name) {
  auto& handle = check_handle<ExchangeHandle>(L, index, kind, name);
  if (handle.state == nullptr)
    luaL_error(L, "this %s has ended: its handle is no longer good for anything", name);
  return *handle.state;
}

}  // namespace

ExchangeState& check_request(lua_State* L) { return live(L, 1, HandleKind::kRequest, "request"); }
ExchangeState& check_response(lua_State* L) { return live(L, 1, HandleKind::kResponse, "response"); }
ExchangeState& check_event(lua_State* L) { return live(L, 1, HandleKind::kEvent, "event"); }
ExchangeState& check_request_at(lua_State* L, int index) {
  return live(L, index, HandleKind::kRequest, "request");
}

void check_phase(lua_State* L, const ExchangeState& state, unsigned allowed, const char* function) {
  if ((phase_bit(state.phase) & allowed) != 0) return;
  luaL_error(L, "%s cannot be used in %s", function,
             hook_table()[static_cast<std::size_t>(state.phase)].name);
}

RequestHead& request_head(lua_State* L, const ExchangeState& state) {
  if (state.exchange->head_released || state.exchange->request == nullptr) {
    luaL_error(L, "the request's head is gone: its memory was given back when the answer began");
  }
  return *state.exchange->request;
}

int push_failure(lua_State* L, std::string_view message) {
  lua_pushnil(L);
  push_view(L, message);
  return 2;
}

}  // namespace moongate
