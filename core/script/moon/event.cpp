// The event handle: one event of a stream, whole, while filters.event looks at it.
#include "script/event_text.h"
#include "script/exchange_state.h"
#include "script/moon/json_text.h"
#include "script/moon/namespaces.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

std::string& text_of(lua_State* L, const char* function) {
  ExchangeState& state = check_event(L);
  check_phase(L, state, phase_bit(Phase::kEvent), function);
  return state.exchange->event;
}

int text(lua_State* L) {
  push_view(L, text_of(L, "event:text()"));
  return 1;
}

int set_text(lua_State* L) {
  std::string& event = text_of(L, "event:set_text()");
  event = check_view(L, 2);
  return 0;
}

int name(lua_State* L) {
  const std::string_view found = event_name(text_of(L, "event:name()"));
  if (found.empty()) {
    lua_pushnil(L);
  } else {
    push_view(L, found);
  }
  return 1;
}

int data(lua_State* L) {
  push_view(L, event_data(text_of(L, "event:data()")));
  return 1;
}

int set_data(lua_State* L) {
  std::string& event = text_of(L, "event:set_data()");
  if (lua_istable(L, 2)) {
    set_event_data(event, encode_json(L, 2));
  } else {
    set_event_data(event, check_view(L, 2));
  }
  return 0;
}

int json(lua_State* L) { return push_json_or_failure(L, event_data(text_of(L, "event:json()"))); }

int request(lua_State* L) {
  ExchangeState& state = check_event(L);
  LuaPhases::of(L).push_request(L, state);
  return 1;
}

constexpr luaL_Reg kMethods[] = {
    {"data", guarded<data>},         {"json", guarded<json>},
    {"name", guarded<name>},         {"request", guarded<request>},
    {"set_data", guarded<set_data>}, {"set_text", guarded<set_text>},
    {"text", guarded<text>},         {nullptr, nullptr},
};

}  // namespace

void define_event(lua_State* L) { define_handle(L, HandleKind::kEvent, "event", kMethods, nullptr, nullptr); }

}  // namespace moongate
