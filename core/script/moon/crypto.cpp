// moon.crypto: digests, encodings and randomness.
#include <string>

#include "crypto/hash.h"
#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

int push(lua_State* L, const std::string& text) {
  push_view(L, text);
  return 1;
}

int push(lua_State* L, const std::optional<std::string>& text) {
  if (text) return push(L, *text);
  lua_pushnil(L);
  return 1;
}

Random& random_of(lua_State* L) { return LuaPhases::of(L).services().random(); }

int sha256_bin(lua_State* L) { return push(L, sha256(check_view(L, 1))); }
int sha256_text(lua_State* L) { return push(L, sha256_hex(check_view(L, 1))); }
int hmac(lua_State* L) { return push(L, hmac_sha256(check_view(L, 1), check_view(L, 2))); }
int hex(lua_State* L) { return push(L, hex_encode(check_view(L, 1))); }
int encode_base64(lua_State* L) { return push(L, base64_encode(check_view(L, 1))); }
int decode_base64(lua_State* L) { return push(L, base64_decode(check_view(L, 1))); }
int encode_base64url(lua_State* L) { return push(L, base64url_encode(check_view(L, 1))); }
int decode_base64url(lua_State* L) { return push(L, base64url_decode(check_view(L, 1))); }
int uuid(lua_State* L) { return push(L, uuid_v4(random_of(L))); }

std::size_t check_count(lua_State* L) {
  const lua_Integer count = luaL_checkinteger(L, 1);
  luaL_argcheck(L, count >= 1 && count <= 4096, 1, "1 to 4096 expected");
  return static_cast<std::size_t>(count);
}
int random(lua_State* L) { return push(L, random_bytes(random_of(L), check_count(L))); }
int token(lua_State* L) { return push(L, random_token(random_of(L), check_count(L))); }

int equal(lua_State* L) {
  lua_pushboolean(L, constant_time_equal(check_view(L, 1), check_view(L, 2)));
  return 1;
}

}  // namespace

void open_crypto(lua_State* L) {
  static const luaL_Reg kFunctions[] = {
      {"decode_base64", guarded<decode_base64>},
      {"decode_base64url", guarded<decode_base64url>},
      {"encode_base64", guarded<encode_base64>},
      {"encode_base64url", guarded<encode_base64url>},
      {"equal", guarded<equal>},
      {"hex", guarded<hex>},
      {"hmac_sha256", guarded<hmac>},
      {"random", guarded<random>},
      {"sha256", guarded<sha256_text>},
      {"sha256_bin", guarded<sha256_bin>},
      {"token", guarded<token>},
      {"uuid", guarded<uuid>},
      {nullptr, nullptr},
  };
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
