// moon.accounts: which accounts can serve a request, and what proves us to their provider; account and secret
// handles.
#include <string>

#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

using SharedAccount = std::shared_ptr<const Account>;
using SharedSecret = std::shared_ptr<const Secret>;
using SharedToken = std::shared_ptr<const MintedToken>;

const SharedAccount& check_account(lua_State* L) {
  return check_handle<SharedAccount>(L, 1, HandleKind::kAccount, "account");
}

std::string_view kind_name(CredentialKind kind) {
  switch (kind) {
    case CredentialKind::kGoogleServiceAccount:
      return "google_service_account";
    case CredentialKind::kAnthropicApiKey:
      return "anthropic_api_key";
    case CredentialKind::kGeminiApiKey:
      return "gemini_api_key";
  }
  return "";
}

int name(lua_State* L) {
  push_view(L, check_account(L)->name);
  return 1;
}
int provider(lua_State* L) {
  push_view(L, to_string(check_account(L)->provider));
  return 1;
}
int kind(lua_State* L) {
  push_view(L, kind_name(check_account(L)->credential->kind));
  return 1;
}
int project(lua_State* L) {
  const Account& account = *check_account(L);
  if (account.credential->project_id.empty()) {
    lua_pushnil(L);
  } else {
    push_view(L, account.credential->project_id);
  }
  return 1;
}
int serves(lua_State* L) {
  const Account& account = *check_account(L);
  lua_pushboolean(L, account.rule_for(check_view(L, 2)) != nullptr);
  return 1;
}
int healthy(lua_State* L) {
  lua_pushboolean(L, LuaPhases::of(L).services().account_healthy(*check_account(L)));
  return 1;
}
int account_text(lua_State* L) {
  push_view(L, "account " + check_account(L)->name);
  return 1;
}

constexpr luaL_Reg kAccountMethods[] = {
    {"healthy", guarded<healthy>},
    {"kind", guarded<kind>},
    {"name", guarded<name>},
    {"project", guarded<project>},
    {"provider", guarded<provider>},
    {"serves", guarded<serves>},
    {nullptr, nullptr},
};

const Secret& check_secret(lua_State* L, int index) {
  return *check_handle<SharedSecret>(L, index, HandleKind::kSecret, "secret");
}

// A secret shows itself only to who says so.
int secret_text(lua_State* L) {
  check_secret(L, 1);
  lua_pushliteral(L, "***");
  return 1;
}
int reveal(lua_State* L) {
  push_view(L, check_secret(L, 1).reveal());
  return 1;
}
int secret_concat(lua_State* L) {
  std::string text;
  for (int i = 1; i <= 2; ++i) {
    if (auto* secret = to_handle<SharedSecret>(L, i, HandleKind::kSecret)) {
      text += (*secret)->reveal();
    } else {
      text += check_view(L, i);
    }
  }
  push_handle<SharedSecret>(L, HandleKind::kSecret, std::make_shared<const Secret>(std::move(text)));
  return 1;
}

constexpr luaL_Reg kSecretMethods[] = {{"reveal", guarded<reveal>}, {nullptr, nullptr}};

const Identity& identity_at(lua_State* L, int index) {
  return *check_handle<std::shared_ptr<const Identity>>(L, index, HandleKind::kIdentity, "identity");
}

// pick(request, identity, provider, …) -> accounts by preference; nil and why there is none: "unsupported"
// (none of these providers has such an operation), "forbidden" (those that have it are not for this identity)
// or "no-account" (nobody serves the model)
int pick(lua_State* L) {
  ExchangeState& state = check_request(L);
  const Identity& identity = identity_at(L, 2);
  const Exchange& exchange = *state.exchange;
  request_head(L, state);
  LuaPhases& phases = LuaPhases::of(L);
  const int last = lua_gettop(L);
  luaL_checkstack(L, 64, "too many accounts");
  const char* why = "unsupported";
  int found = 0;
  for (int i = 3; i <= last; ++i) {
    const auto provider = parse_provider(check_view(L, i));
    luaL_argcheck(L, provider.has_value(), i, "vertex, vertex-claude, anthropic or gemini expected");
    if (!can_serve(exchange.target, *provider)) continue;
    if (!identity.allows(*provider)) {
      if (std::string_view(why) == "unsupported") why = "forbidden";
      continue;
    }
    why = "no-account";
    for (const SharedAccount& account :
         phases.services().pick_accounts(*provider, exchange.model, identity)) {
      if (found == 32) break;
      phases.push_account(L, account);
      ++found;
    }
  }
  if (found > 0) return found;
  return push_failure(L, why);
}

// list([provider]) -> every account of the map, in its order
int list(lua_State* L) {
  std::optional<Provider> only;
  if (!lua_isnoneornil(L, 1)) {
    only = parse_provider(check_view(L, 1));
    luaL_argcheck(L, only.has_value(), 1, "vertex, vertex-claude, anthropic or gemini expected");
  }
  LuaPhases& phases = LuaPhases::of(L);
  const auto map = phases.services().snapshot().map;
  lua_newtable(L);
  int index = 0;
  for (const SharedAccount& account : map->accounts) {
    if (only && account->provider != *only) continue;
    phases.push_account(L, account);
    lua_rawseti(L, -2, ++index);
  }
  return 1;
}

// get(name [, provider]) -> account or nil
int get(lua_State* L) {
  const std::string_view wanted = check_view(L, 1);
  std::optional<Provider> only;
  if (!lua_isnoneornil(L, 2)) {
    only = parse_provider(check_view(L, 2));
    luaL_argcheck(L, only.has_value(), 2, "vertex, vertex-claude, anthropic or gemini expected");
  }
  LuaPhases& phases = LuaPhases::of(L);
  const auto map = phases.services().snapshot().map;
  for (const SharedAccount& account : map->accounts) {
    if (account->name == wanted && (!only || account->provider == *only)) {
      phases.push_account(L, account);
      return 1;
    }
  }
  lua_pushnil(L);
  return 1;
}

int push_token(lua_State* L, const SharedToken& token) {
  // Shares the token's life, so that one secret stands for one token.
  LuaPhases::of(L).push_secret(L, SharedSecret(token, &token->bearer));
  return 1;
}

// token(account) -> the value of the header that proves us: the API key, or "Bearer " and an access token;
// nil and why
int token(lua_State* L) {
  const SharedAccount& account = check_account(L);
  LuaPhases& phases = LuaPhases::of(L);
  const auto& credential = account->credential;
  if (credential->kind != CredentialKind::kGoogleServiceAccount) {
    phases.push_secret(L, SharedSecret(credential, &credential->api_key));
    return 1;
  }
  if (const SharedToken held = phases.services().cached_token(*credential)) return push_token(L, held);
  using Answer = Result<SharedToken>;
  return wait_for<Answer>(L, phases.services().token(credential), [](lua_State* co, Answer& answer) {
    return answer.ok() ? push_token(co, *answer) : push_failure(co, answer.error().message);
  });
}

}  // namespace

void open_accounts(lua_State* L) {
  define_handle(L, HandleKind::kAccount, "account", kAccountMethods, destroy_handle<SharedAccount>,
                guarded<account_text>);
  define_handle(L, HandleKind::kSecret, "secret", kSecretMethods, destroy_handle<SharedSecret>,
                guarded<secret_text>);
  push_metatable(L, HandleKind::kSecret);
  lua_pushcfunction(L, guarded<secret_concat>);
  lua_setfield(L, -2, "__concat");
  lua_pop(L, 1);
  static const luaL_Reg kFunctions[] = {{"get", guarded<get>},
                                        {"list", guarded<list>},
                                        {"pick", guarded<pick>},
                                        {"token", guarded<token>},
                                        {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
