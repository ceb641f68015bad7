// moon.jwt: RS256 and HS256. The key decides the algorithm, never the token: a PEM key is for RS256, any
// other text is an HS256 secret. So a token signed by HMAC with somebody's public key is worth nothing.
#include "crypto/jwt.h"

#include <string>

#include "script/exchange_state.h"
#include "script/moon/json_text.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

bool is_pem(std::string_view key) { return key.find("-----BEGIN") != std::string_view::npos; }

std::string option_text(lua_State* L, int index, const char* name) {
  if (!lua_istable(L, index)) return {};
  push_raw_field(L, index, name);
  if (!lua_isnil(L, -1) && lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "jwt: %s has to be a string", name);
  const std::string text = lua_isnil(L, -1) ? std::string() : std::string(check_view(L, -1));
  lua_pop(L, 1);
  return text;
}

std::int64_t option_seconds(lua_State* L, int index, const char* name, std::int64_t otherwise) {
  if (!lua_istable(L, index)) return otherwise;
  push_raw_field(L, index, name);
  const lua_Number value = lua_isnil(L, -1) ? static_cast<lua_Number>(otherwise) : lua_tonumber(L, -1);
  const bool good = lua_isnil(L, -1) || (lua_type(L, -1) == LUA_TNUMBER && value >= 0 && value < 1e10);
  lua_pop(L, 1);
  if (!good) luaL_error(L, "jwt: %s has to be a number of seconds", name);
  return static_cast<std::int64_t>(value);
}

// sign(key, claims [, {key_id =}]) -> token, or nil and why not
int sign(lua_State* L) {
  const std::string_view key = check_view(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_argcheck(L, !key.empty(), 1, "a key expected");
  const std::string key_id = option_text(L, 3, "key_id");
  const std::string claims = encode_json(L, 2);
  if (!is_pem(key)) {
    push_view(L, sign_hs256_jwt(key, key_id, claims));
    return 1;
  }
  auto parsed = RsaPrivateKey::from_pem(key);
  if (!parsed.ok()) return push_failure(L, parsed.error().message);
  push_view(L, sign_rs256_jwt(*parsed, key_id, claims));
  return 1;
}

// verify(key, token [, {audience =, issuer =, skew =, max_lifetime =}]) -> claims, or nil and why not
int verify(lua_State* L) {
  const std::string_view key = check_view(L, 1);
  luaL_argcheck(L, !key.empty(), 1, "a key expected");
  auto token = decode_jwt(check_view(L, 2));
  const std::string audience = option_text(L, 3, "audience");
  const std::string issuer = option_text(L, 3, "issuer");
  JwtTimes times;
  times.now_s = LuaPhases::of(L).services().clock().unix_seconds();
  times.skew_s = option_seconds(L, 3, "skew", 0);
  times.max_lifetime_s = option_seconds(L, 3, "max_lifetime", 0);
  if (!token.ok()) return push_failure(L, token.error().message);
  bool good = false;
  if (is_pem(key)) {
    auto parsed = RsaPublicKey::from_pem(key);
    if (!parsed.ok()) return push_failure(L, parsed.error().message);
    good = verify_rs256(*token, *parsed);
  } else {
    good = verify_hs256(*token, key);
  }
  if (!good) return push_failure(L, "the signature is wrong");
  Status in_time = check_times(token->claims, times);
  if (!in_time.ok()) return push_failure(L, in_time.error().message);
  if (!audience.empty()) {
    bool named = false;
    for (const std::string& each : token->claims.audience) named = named || each == audience;
    if (!named) return push_failure(L, "aud is not " + audience);
  }
  if (!issuer.empty() && token->claims.issuer != issuer) return push_failure(L, "iss is not " + issuer);
  return push_json_or_failure(L, token->payload);
}

}  // namespace

void open_jwt(lua_State* L) {
  static const luaL_Reg kFunctions[] = {
      {"sign", guarded<sign>}, {"verify", guarded<verify>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
