// moon.cache: Redis, or this process when none is configured. Arguments as in ngx.shared.DICT; times in
// seconds. Values are texts: what is put as a number comes back as text.
#include <cmath>
#include <string>

#include "script/exchange_state.h"
#include "script/moon/namespaces.h"
#include "script/services.h"
#include "script/vm/guarded.h"

namespace moongate {
namespace {

// Policies and the gateway's own use of the same cache do not meet.
constexpr std::string_view kPrefix = "lua:";

Cache& cache_of(lua_State* L) { return LuaPhases::of(L).services().cache(); }

std::string check_key(lua_State* L) {
  const std::string_view key = check_view(L, 1);
  luaL_argcheck(L, !key.empty() && key.size() + kPrefix.size() <= Cache::kMaxKey, 1,
                "a key of 1 to 1020 bytes expected");
  return std::string(kPrefix) + std::string(key);
}

std::string check_value(lua_State* L) {
  if (lua_type(L, 2) == LUA_TBOOLEAN) return lua_toboolean(L, 2) != 0 ? "true" : "false";
  const std::string_view value = check_view(L, 2);
  luaL_argcheck(L, value.size() <= Cache::kMaxValue, 2, "at most 1 MiB expected");
  return std::string(value);
}

std::int64_t check_ttl_ms(lua_State* L, int index) {
  const double seconds = luaL_optnumber(L, index, 0);
  luaL_argcheck(L, seconds >= 0 && seconds <= 1e9, index, "seconds, or 0 for no end, expected");
  return static_cast<std::int64_t>(std::ceil(seconds * 1000));
}

int push_found(lua_State* L, const std::optional<std::string>& found) {
  if (found) {
    push_view(L, *found);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

int push_done(lua_State* L, bool done, const char* otherwise) {
  lua_pushboolean(L, done);
  if (done) return 1;
  lua_pushstring(L, otherwise);
  return 2;
}

// Frames that own what a task's arguments point to.
Task<Result<std::optional<std::string>>> ask_get(Cache& cache, std::string key) {
  co_return co_await cache.get(key);
}
Task<Status> ask_set(Cache& cache, std::string key, std::string value, std::int64_t ttl_ms) {
  co_return co_await cache.set(key, value, ttl_ms);
}
Task<Result<bool>> ask_add(Cache& cache, std::string key, std::string value, std::int64_t ttl_ms) {
  co_return co_await cache.add(key, value, ttl_ms);
}
Task<Result<bool>> ask_erase(Cache& cache, std::string key) { co_return co_await cache.erase(key); }
Task<Result<std::int64_t>> ask_incr(Cache& cache, std::string key, std::int64_t by, std::int64_t ttl_ms) {
  co_return co_await cache.incr(key, by, ttl_ms);
}

// get(key) -> value or nil; nil and why when the cache cannot be reached
int get(lua_State* L) {
  Cache& cache = cache_of(L);
  std::string key = check_key(L);
  std::optional<std::string> found;
  if (cache.try_get(key, found)) return push_found(L, found);
  using Answer = Result<std::optional<std::string>>;
  return wait_for<Answer>(L, ask_get(cache, std::move(key)), [](lua_State* co, Answer& answer) {
    return answer.ok() ? push_found(co, *answer) : push_failure(co, answer.error().message);
  });
}

// set(key, value [, ttl]) -> true; nil and why
int set(lua_State* L) {
  Cache& cache = cache_of(L);
  std::string key = check_key(L);
  std::string value = check_value(L);
  const std::int64_t ttl_ms = check_ttl_ms(L, 3);
  if (cache.try_set(key, value, ttl_ms)) return push_done(L, true, "");
  return wait_for<Status>(L, ask_set(cache, std::move(key), std::move(value), ttl_ms),
                          [](lua_State* co, Status& set) {
                            return set.ok() ? push_done(co, true, "") : push_failure(co, set.error().message);
                          });
}

// add(key, value [, ttl]) -> true; false and "exists"; nil and why
int add(lua_State* L) {
  Cache& cache = cache_of(L);
  std::string key = check_key(L);
  std::string value = check_value(L);
  const std::int64_t ttl_ms = check_ttl_ms(L, 3);
  bool added = false;
  if (cache.try_add(key, value, ttl_ms, added)) return push_done(L, added, "exists");
  return wait_for<Result<bool>>(
      L, ask_add(cache, std::move(key), std::move(value), ttl_ms), [](lua_State* co, Result<bool>& answer) {
        return answer.ok() ? push_done(co, *answer, "exists") : push_failure(co, answer.error().message);
      });
}

// delete(key) -> true; nil and why. As in ngx.shared.DICT it is no failure when there was none.
int erase(lua_State* L) {
  Cache& cache = cache_of(L);
  std::string key = check_key(L);
  bool was_there = false;
  if (cache.try_erase(key, was_there)) return push_done(L, true, "");
  return wait_for<Result<bool>>(L, ask_erase(cache, std::move(key)), [](lua_State* co, Result<bool>& answer) {
    return answer.ok() ? push_done(co, true, "") : push_failure(co, answer.error().message);
  });
}

// incr(key, by [, ttl]) -> sum; nil and why. A key that is not there counts from 0, and gets the ttl.
int incr(lua_State* L) {
  Cache& cache = cache_of(L);
  std::string key = check_key(L);
  const double by = luaL_checknumber(L, 2);
  luaL_argcheck(L, by == std::floor(by) && std::fabs(by) < 9e15, 2, "a whole number expected");
  const std::int64_t ttl_ms = check_ttl_ms(L, 3);
  std::int64_t sum = 0;
  if (cache.try_incr(key, static_cast<std::int64_t>(by), ttl_ms, sum)) {
    lua_pushnumber(L, static_cast<double>(sum));
    return 1;
  }
  return wait_for<Result<std::int64_t>>(
      L, ask_incr(cache, std::move(key), static_cast<std::int64_t>(by), ttl_ms),
      [](lua_State* co, Result<std::int64_t>& answer) {
        if (!answer.ok()) return push_failure(co, answer.error().message);
        lua_pushnumber(co, static_cast<double>(*answer));
        return 1;
      });
}

}  // namespace

void open_cache(lua_State* L) {
  static const luaL_Reg kFunctions[] = {{"add", guarded<add>}, {"delete", guarded<erase>},
                                        {"get", guarded<get>}, {"incr", guarded<incr>},
                                        {"set", guarded<set>}, {nullptr, nullptr}};
  luaL_register(L, nullptr, kFunctions);
}

}  // namespace moongate
