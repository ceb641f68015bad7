#include "script/hook_results.h"

#include <array>
#include <cmath>

#include "script/event_text.h"
#include "script/exchange_state.h"
#include "script/moon/json_text.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxText = 1024;  // of names that end up in logs and headers
constexpr int kMaxElements = 1024;

Error wrong(std::string text) { return Error(ErrorKind::kInvalid, std::move(text)); }

std::string_view view_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return {text, size};
}

int absolute(lua_State* L, int index) { return index > 0 ? index : lua_gettop(L) + index + 1; }

// Calls read(name) with each value on top of the stack. Stops at the first error.
template <class Read>
Status each_field(lua_State* L, int index, const char* what, Read read) {
  index = absolute(L, index);
  Status status;
  lua_pushnil(L);
  while (lua_next(L, index) != 0) {
    if (lua_type(L, -2) != LUA_TSTRING) {
      status = wrong(std::string(what) + " holds a key that is a " + luaL_typename(L, -2));
    } else {
      status = read(view_at(L, -2));
    }
    lua_pop(L, 1);
    if (!status.ok()) {
      lua_pop(L, 1);
      break;
    }
  }
  return status;
}

Status read_text(lua_State* L, std::string_view name, std::string& out) {
  if (lua_type(L, -1) != LUA_TSTRING) {
    return wrong(std::string(name) + " has to be a string, and is a " + luaL_typename(L, -1));
  }
  const std::string_view text = view_at(L, -1);
  if (text.size() > kMaxText) return wrong(std::string(name) + " is longer than 1024 bytes");
  out = text;
  return {};
}

Status read_provider(std::string_view text, Provider& out) {
  auto provider = parse_provider(text);
  if (!provider) {
    return wrong("there is no provider '" + std::string(text.substr(0, 64)) +
                 "'; there are vertex, vertex-claude, anthropic and gemini");
  }
  out = *provider;
  return {};
}

// The list on top, each element through `read`.
template <class Read>
Status each_element(lua_State* L, std::string_view name, Read read) {
  if (!lua_istable(L, -1))
    return wrong(std::string(name) + " has to be a list, and is a " + luaL_typename(L, -1));
  const int list = lua_gettop(L);
  const int count = static_cast<int>(lua_objlen(L, list));
  if (count > kMaxElements) return wrong(std::string(name) + " lists more than 1024");
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, list, i);
    Status status = read();
    lua_pop(L, 1);
    if (!status.ok()) return status;
  }
  return {};
}

Status read_weighted(lua_State* L, std::string_view name, std::optional<std::vector<WeightedAccount>>& out) {
  out.emplace();
  return each_element(L, name, [&]() -> Status {
    WeightedAccount account;
    if (lua_type(L, -1) == LUA_TSTRING) {
      account.name = view_at(L, -1).substr(0, kMaxText);
    } else if (lua_istable(L, -1)) {
      Status status = each_field(L, -1, "an account", [&](std::string_view key) -> Status {
        if (key == "name") return read_text(L, "name", account.name);
        if (key != "weight") return wrong("an account has a name and a weight, and no " + std::string(key));
        const double weight = lua_tonumber(L, -1);
        if (lua_type(L, -1) != LUA_TNUMBER || weight < 0 || weight > 1e6 || weight != std::floor(weight)) {
          return wrong("a weight has to be a whole number from 0 to 1000000");
        }
        account.weight = static_cast<int>(weight);
        return {};
      });
      if (!status.ok()) return status;
    }
    if (account.name.empty())
      return wrong(std::string(name) + " has to list names, or tables {name =, weight =}");
    out->push_back(std::move(account));
    return {};
  });
}

Status read_identity_field(lua_State* L, std::string_view key, Identity& identity) {
  if (key == "client") return read_text(L, "client", identity.client);
  if (key == "kind") return read_text(L, "kind", identity.kind);
  if (key == "service_type") {
    const std::string_view type = lua_type(L, -1) == LUA_TSTRING ? view_at(L, -1) : std::string_view();
    for (ServiceType each : {ServiceType::kAny, ServiceType::kGoogle, ServiceType::kAnthropic}) {
      if (type == to_string(each)) {
        identity.service_type = each;
        return {};
      }
    }
    return wrong("service_type has to be any, google or anthropic");
  }
  if (key == "providers") {
    return each_element(L, key, [&]() -> Status {
      if (lua_type(L, -1) != LUA_TSTRING) return wrong("providers has to list names");
      return read_provider(view_at(L, -1), identity.providers.emplace_back());
    });
  }
  if (key == "models") {
    return each_element(L, key, [&] { return read_text(L, "a model", identity.models.emplace_back()); });
  }
  if (key == "terms") {
    if (!lua_istable(L, -1)) return wrong("terms has to be a table");
    auto terms = parse_terms(encode_json(L, lua_gettop(L)));
    if (!terms.ok()) return terms.error().wrap("an identity's terms");
    identity.trace = terms->trace;
    identity.markup_ppm = terms->markup_ppm;
    identity.expires_at_s = terms->expires_at_s;
    identity.levels.push_back({"client", {}, {}, std::make_shared<const Terms>(std::move(*terms))});
    return {};
  }
  if (key == "gemini_accounts") return read_weighted(L, key, identity.gemini_accounts);
  if (key == "claude_accounts") return read_weighted(L, key, identity.claude_accounts);
  return wrong("an identity has no field '" + std::string(key.substr(0, 64)) + "'");
}

Status read_route(lua_State* L, int index, const Snapshot& snapshot, std::vector<Route>& routes) {
  index = absolute(L, index);
  if (auto* account = to_handle<std::shared_ptr<const Account>>(L, index, HandleKind::kAccount)) {
    routes.push_back(Route{(*account)->provider, *account, {}, {}});
    return {};
  }
  if (!lua_istable(L, index)) {
    return wrong(std::string("select has to return routes (accounts, or tables {provider =, account =}), or "
                             "request:reject(...), and returned a ") +
                 luaL_typename(L, index));
  }
  Route route;
  std::optional<Provider> provider;
  std::string name;
  Status status = each_field(L, index, "a route", [&](std::string_view key) -> Status {
    if (key == "model") return read_text(L, key, route.model);
    if (key == "location") return read_text(L, key, route.location);
    if (key == "provider") {
      if (lua_type(L, -1) != LUA_TSTRING) return wrong("a route's provider has to be a string");
      return read_provider(view_at(L, -1), provider.emplace());
    }
    if (key != "account") return wrong("a route has no field '" + std::string(key.substr(0, 64)) + "'");
    if (auto* account = to_handle<std::shared_ptr<const Account>>(L, -1, HandleKind::kAccount)) {
      route.account = *account;
      return {};
    }
    return read_text(L, key, name);
  });
  if (!status.ok()) return status;
  if (!name.empty()) {
    for (const auto& account : snapshot.map->accounts) {
      if (account->name != name || (provider && account->provider != *provider)) continue;
      if (route.account)
        return wrong("account '" + name + "' serves several providers; the route has to name one");
      route.account = account;
    }
    if (!route.account) {
      return wrong("the map has no account '" + name + "'" +
                   (provider ? " for provider " + std::string(to_string(*provider)) : ""));
    }
  }
  if (!route.account) return wrong("a route has to name an account");
  if (provider && route.account->provider != *provider) {
    return wrong("account '" + route.account->name + "' belongs to provider " +
                 std::string(to_string(route.account->provider)));
  }
  route.provider = route.account->provider;
  routes.push_back(std::move(route));
  return {};
}

bool is_list(lua_State* L, int index) {
  if (!lua_istable(L, index)) return false;
  lua_rawgeti(L, index, 1);
  const bool list = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return list;
}

// RFC 9110 section 5.6.2, by byte.
constexpr auto kTokenBytes = [] {
  std::array<bool, 256> table{};
  for (unsigned char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[c] = true;
  }
  return table;
}();

bool is_token(std::string_view text) {
  bool good = !text.empty() && text.size() <= 128;
  for (unsigned char c : text) good &= kTokenBytes[c];
  return good;
}

bool is_header_value(std::string_view text) {
  bool bad = text.empty();
  for (unsigned char c : text) bad |= (c < 0x20 && c != '\t') || c == 0x7f;
  return !bad;
}

}  // namespace

Result<std::shared_ptr<const Identity>> read_identity_table(lua_State* L, int index) {
  auto identity = std::make_shared<Identity>();
  identity->kind = "policy";
  Status status = each_field(L, index, "an identity",
                             [&](std::string_view key) { return read_identity_field(L, key, *identity); });
  if (!status.ok()) return status.error();
  if (identity->client.empty())
    return wrong("an identity has to have a client, the name for logs and metrics");
  for (TermsLevel& level : identity->levels) level.id = level.title = identity->client;
  return std::shared_ptr<const Identity>(std::move(identity));
}

Result<std::shared_ptr<const Identity>> read_identity(lua_State* co) {
  if (auto* known = to_handle<std::shared_ptr<const Identity>>(co, 1, HandleKind::kIdentity)) return *known;
  if (lua_istable(co, 1)) return read_identity_table(co, 1);
  return wrong(std::string("authenticate has to return an identity or request:reject(...), and returned ") +
               (lua_isnoneornil(co, 1) ? "nothing" : std::string("a ") + luaL_typename(co, 1)));
}

Status read_routes(lua_State* co, const Snapshot& snapshot, std::vector<Route>& routes) {
  routes.clear();
  const int count = lua_gettop(co);
  if (lua_isnoneornil(co, 1)) {
    return wrong("select has to return a route or request:reject(...), and returned nothing");
  }
  if (lua_checkstack(co, 12) == 0) return wrong("select returned too much");
  Status status;
  for (int i = 1; i <= count && status.ok(); ++i) {
    if (i > 1 && lua_isnil(co, i)) continue;
    if (is_list(co, i)) {
      lua_pushvalue(co, i);
      status = each_element(co, "routes", [&] { return read_route(co, -1, snapshot, routes); });
      lua_pop(co, 1);
    } else {
      status = read_route(co, i, snapshot, routes);
    }
  }
  if (!status.ok()) routes.clear();
  return status;
}

Status read_credential(lua_State* co, std::string_view& header, Secret& value) {
  if (lua_type(co, 1) != LUA_TSTRING) {
    return wrong(
        std::string(
            "map has to return a header's name and its value, or request:reject(...), and returned ") +
        (lua_isnoneornil(co, 1) ? "nothing" : std::string("a ") + luaL_typename(co, 1)));
  }
  header = view_at(co, 1);
  if (!is_token(header)) return wrong("map returned a header name that is none");
  auto* secret = to_handle<std::shared_ptr<const Secret>>(co, 2, HandleKind::kSecret);
  if (secret == nullptr && lua_type(co, 2) != LUA_TSTRING) {
    return wrong(
        std::string("map has to return a string or a secret as the header's value, and returned a ") +
        luaL_typename(co, 2));
  }
  if (!is_header_value(secret != nullptr ? std::string_view((*secret)->reveal()) : view_at(co, 2))) {
    return wrong("map returned a value that cannot stand in a header");
  }
  if (secret != nullptr) {
    value = **secret;
  } else {
    value = Secret(std::string(view_at(co, 2)));
  }
  return {};
}

Status expect_nothing_but(lua_State* co, HandleKind kind) {
  if (lua_isnoneornil(co, 1) || to_handle<ExchangeHandle>(co, 1, kind) != nullptr) return {};
  return wrong(std::string("the hook has to return nothing, or what it was given, and returned a ") +
               luaL_typename(co, 1));
}

Status read_event(lua_State* co, Exchange& exchange) {
  if (to_handle<ExchangeHandle>(co, 1, HandleKind::kEvent) != nullptr) return {};
  if (lua_type(co, 1) == LUA_TSTRING) {
    set_event_data(exchange.event, view_at(co, 1));
    return {};
  }
  if (lua_isnoneornil(co, 1) || (lua_isboolean(co, 1) && lua_toboolean(co, 1) == 0)) {
    exchange.event_dropped = true;
    return {};
  }
  return wrong(
      std::string("event has to return the event, text for its data, or nil to drop it, and returned a ") +
      luaL_typename(co, 1));
}

void push_outcome(lua_State* L, const Exchange& exchange) {
  lua_createtable(L, 0, 12);
  auto text = [&](const char* name, std::string_view value) {
    if (value.empty()) return;
    push_view(L, value);
    lua_setfield(L, -2, name);
  };
  auto number = [&](const char* name, double value) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
  };
  auto milliseconds = [&](const char* name, std::int64_t until) {
    if (until != 0 && exchange.started_ns != 0)
      number(name, static_cast<double>(until - exchange.started_ns) / 1e6);
  };
  text("outcome", to_string(exchange.outcome));
  number("status", exchange.status);
  number("attempts", exchange.attempts);
  number("bytes_in", static_cast<double>(exchange.bytes_in));
  number("bytes_out", static_cast<double>(exchange.bytes_out));
  milliseconds("first_byte_ms", exchange.first_byte_ns);
  milliseconds("duration_ms", exchange.ended_ns);
  text("client", exchange.identity ? std::string_view(exchange.identity->client) : std::string_view());
  if (exchange.route != nullptr) {
    text("provider", to_string(exchange.route->provider));
    if (exchange.route->account) text("account", exchange.route->account->name);
  }
  lua_createtable(L, 0, 8);
  auto tokens = [&](const char* name, std::int64_t value) {
    if (value != Usage::kUnset) number(name, static_cast<double>(value));
  };
  const Usage& usage = exchange.usage;
  tokens("input", usage.input);
  tokens("output", usage.output);
  tokens("cache_read", usage.cache_read);
  tokens("cache_write_5m", usage.cache_write_5m);
  tokens("cache_write_1h", usage.cache_write_1h);
  tokens("thoughts", usage.thoughts);
  tokens("tool_prompt", usage.tool_prompt);
  tokens("web_searches", usage.web_searches);
  lua_setfield(L, -2, "usage");
}

}  // namespace moongate
