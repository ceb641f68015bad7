// moon.clients: who a credential belongs to; and the identity handle.
#include <string>

#include "script/exchange_state.h"
#include "script/hook_results.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

using Shared = std::shared_ptr<const Identity>;

const Identity& check_identity(lua_State* L) {
  return *check_handle<Shared>(L, 1, HandleKind::kIdentity, "identity");
}

int client(lua_State* L) {
  push_view(L, check_identity(L).client);
  return 1;
}
int kind(lua_State* L) {
  push_view(L, check_identity(L).kind);
  return 1;
}
int service_type(lua_State* L) {
  push_view(L, to_string(check_identity(L).service_type));
  return 1;
}

int allows_provider(lua_State* L) {
  const Identity& identity = check_identity(L);
  const auto provider = parse_provider(check_view(L, 2));
  luaL_argcheck(L, provider.has_value(), 2, "vertex, vertex-claude, anthropic or gemini expected");
  lua_pushboolean(L, identity.allows(*provider));
  return 1;
}

// Operations without a model are nobody's to forbid by model.
int allows_model(lua_State* L) {
  const Identity& identity = check_identity(L);
  lua_pushboolean(L, lua_isnoneornil(L, 2) || identity.allows_model(check_view(L, 2)));
  return 1;
}

int allows_address(lua_State* L) {
  lua_pushboolean(L, check_identity(L).allows_address(check_view(L, 2)));
  return 1;
}

// user() -> the name of who pays; nil: nobody
int user(lua_State* L) {
  const Identity& identity = check_identity(L);
  if (identity.user_id.empty()) lua_pushnil(L);
  else push_view(L, identity.user_name);
  return 1;
}

int to_text(lua_State* L) {
  push_view(L, "identity " + check_identity(L).client);
  return 1;
}

constexpr luaL_Reg kMethods[] = {
    {"allows_address", guarded<allows_address>},
    {"allows_model", guarded<allows_model>},
    {"allows_provider", guarded<allows_provider>},
    {"client", guarded<client>},
    {"kind", guarded<kind>},
    {"service_type", guarded<service_type>},
    {"user", guarded<user>},
    {nullptr, nullptr},
};

int push_answer(lua_State* L, const ClientAnswer& answer) {
  if (answer.identity == nullptr) return push_failure(L, answer.refusal);
  LuaPhases::of(L).push_identity(L, answer.identity);
  return 1;
}

// find(credential) -> identity; nil and why not; nil, why not and "unavailable" when it could not be found out
int find(lua_State* L) {
  if (lua_isnil(L, 1)) return push_failure(L, "No credential was given.");
  ScriptServices& services = LuaPhases::of(L).services();
  const std::string_view credential = check_view(L, 1);
  ClientAnswer answer;
  if (services.try_find_client(credential, answer)) return push_answer(L, answer);
  using Answer = Result<ClientAnswer>;
  return wait_for<Answer>(L, services.find_client(std::string(credential)), [](lua_State* co, Answer& found) {
    if (found.ok()) return push_answer(co, *found);
    const int pushed = push_failure(co, found.error().message);
    push_view(co, "unavailable");
    return pushed + 1;
  });
}

// identity{client =, …} -> an identity of the policy's own making
int identity(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  auto made = read_identity_table(L, 1);
  if (!made.ok()) return luaL_error(L, "clients.identity: %s", made.error().message.c_str());
  push_handle<Shared>(L, HandleKind::kIdentity, *made);
  return 1;
}

}  // namespace

void open_clients(lua_State* L) {
  define_handle(L, HandleKind::kIdentity, "identity", kMethods, destroy_handle<Shared>, guarded<to_text>);
  static const luaL_Reg kFunctions[] = {
      {"find", guarded<find>}, {"identity", guarded<identity>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
