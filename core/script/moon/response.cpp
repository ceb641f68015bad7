// The response handle: privacy.response and filters.response get it.
#include "script/exchange_state.h"
#include "script/moon/head_methods.h"
#include "script/moon/namespaces.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

constexpr unsigned kHead = phase_bit(Phase::kResponsePrivacy) | phase_bit(Phase::kResponseFilter);

ResponseHead& head(lua_State* L, const char* function) {
  ExchangeState& state = check_response(L);
  check_phase(L, state, kHead, function);
  if (state.exchange->response == nullptr) luaL_error(L, "there is no response yet");
  return *state.exchange->response;
}

int status(lua_State* L) {
  lua_pushinteger(L, head(L, "response:status()").status);
  return 1;
}
int header(lua_State* L) { return push_header(L, head(L, "response:header()")); }
int headers(lua_State* L) { return push_headers(L, head(L, "response:headers()")); }
int set_header(lua_State* L) { return moongate::set_header(L, head(L, "response:set_header()")); }
int remove_header(lua_State* L) { return moongate::remove_header(L, head(L, "response:remove_header()")); }
int strip(lua_State* L) { return strip_headers(L, head(L, "response:strip()")); }

int request(lua_State* L) {
  ExchangeState& state = check_response(L);
  LuaPhases::of(L).push_request(L, state);
  return 1;
}

constexpr luaL_Reg kMethods[] = {
    {"header", guarded<header>},
    {"headers", guarded<headers>},
    {"remove_header", guarded<remove_header>},
    {"request", guarded<request>},
    {"set_header", guarded<set_header>},
    {"status", guarded<status>},
    {"strip", guarded<strip>},
    {nullptr, nullptr},
};

}  // namespace

void define_response(lua_State* L) {
  define_handle(L, HandleKind::kResponse, "response", kMethods, nullptr, nullptr);
}

}  // namespace moongate
