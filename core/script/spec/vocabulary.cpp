#include "script/spec/vocabulary.h"

#include "script/exchange_state.h"
#include "script/hook_results.h"
#include "script/spec/vocabulary_prelude.h"
#include "script/vm/guarded.h"
#include "script/vm/sandbox.h"

namespace moongate {
namespace {

SpecSession& session_of(lua_State* L) {
  return *static_cast<SpecSession*>(lua_touserdata(L, lua_upvalueindex(1)));
}

std::string field_text(lua_State* L, int table, const char* name, std::string otherwise = {}) {
  lua_getfield(L, table, name);
  std::string text = lua_isnil(L, -1) ? std::move(otherwise) : std::string(check_view(L, -1));
  lua_pop(L, 1);
  return text;
}

std::vector<std::pair<std::string, std::string>> header_pairs(lua_State* L, int table) {
  std::vector<std::pair<std::string, std::string>> headers;
  luaL_checktype(L, table, LUA_TTABLE);
  lua_pushnil(L);
  while (lua_next(L, table) != 0) {
    lua_pushvalue(L, -1);
    std::string value(check_view(L, -1));
    lua_pop(L, 2);
    headers.emplace_back(check_view(L, -1), std::move(value));
  }
  return headers;
}

void set_text(lua_State* L, const char* name, std::string_view text) {
  if (text.empty()) return;
  push_view(L, text);
  lua_setfield(L, -2, name);
}

void push_header_table(lua_State* L, const Head& head) {
  lua_newtable(L);
  for (const auto& [name, value] : BenchExchange::visible(head)) {
    std::string lower = name;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    push_view(L, lower);
    push_view(L, value);
    lua_rawset(L, -3);
  }
}

int reset(lua_State* L) {
  SpecSession& session = session_of(L);
  session.end_exchange();
  session.bench.clear();
  return 0;
}

int client(lua_State* L) {
  const std::string credential(check_view(L, 1));
  auto& identity = check_handle<std::shared_ptr<const Identity>>(L, 2, HandleKind::kIdentity, "identity");
  session_of(L).bench.set_client(credential, identity);
  return 0;
}

CredentialKind kind_of(lua_State* L, const std::string& kind, Provider provider) {
  if (kind == "google_service_account") return CredentialKind::kGoogleServiceAccount;
  if (kind == "gemini_api_key") return CredentialKind::kGeminiApiKey;
  if (kind == "anthropic_api_key") return CredentialKind::kAnthropicApiKey;
  if (!kind.empty()) luaL_error(L, "case: there is no kind of account '%s'", kind.c_str());
  if (provider == Provider::kAnthropic) return CredentialKind::kAnthropicApiKey;
  return provider == Provider::kGemini ? CredentialKind::kGeminiApiKey
                                       : CredentialKind::kGoogleServiceAccount;
}

int accounts(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  std::vector<PolicyBench::AccountSpec> specs;
  const int count = static_cast<int>(lua_objlen(L, 1));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, 1, i);
    const int table = lua_gettop(L);
    luaL_checktype(L, table, LUA_TTABLE);
    PolicyBench::AccountSpec spec;
    spec.name = field_text(L, table, "name");
    const auto provider = parse_provider(field_text(L, table, "provider", "anthropic"));
    if (!provider) return luaL_error(L, "case: account %d names no provider", i);
    spec.provider = *provider;
    spec.kind = kind_of(L, field_text(L, table, "kind"), *provider);
    spec.project = field_text(L, table, "project", "project-of-" + spec.name);
    lua_getfield(L, table, "models");
    if (lua_istable(L, -1)) {
      for (int m = 1; m <= static_cast<int>(lua_objlen(L, -1)); ++m) {
        lua_rawgeti(L, -1, m);
        spec.models.emplace_back(check_view(L, -1));
        lua_pop(L, 1);
      }
    }
    lua_settop(L, table - 1);
    specs.push_back(std::move(spec));
  }
  session_of(L).bench.set_accounts(specs);
  return 0;
}

// The function runs where the test runs, protected: an error in it is the outside's failure.
Result<FetchResponse> answer_fetch(SpecSession& session, const FetchRequest& request) {
  lua_State* L = session.state;
  const int base = lua_gettop(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, session.on_http);
  lua_newtable(L);
  const std::string url = (request.endpoint.tls ? "https://" : "http://") + request.endpoint.authority() +
                          request.endpoint.base_path + request.target;
  set_text(L, "url", url);
  set_text(L, "method", request.method);
  set_text(L, "body", request.body);
  lua_newtable(L);
  for (const auto& [name, value] : request.headers) set_text(L, name.c_str(), value);
  lua_setfield(L, -2, "headers");
  FetchResponse response;
  Status status;
  if (lua_pcall(L, 1, 1, 0) != 0) {
    status = Error(ErrorKind::kInternal,
                   lua_isstring(L, -1) ? lua_tostring(L, -1) : "the test's http function failed");
  } else if (!lua_istable(L, -1)) {
    status = Error(ErrorKind::kConnect, "connection refused", ErrorSource::kUpstream);
  } else {
    lua_getfield(L, -1, "status");
    response.status = lua_isnumber(L, -1) ? static_cast<int>(lua_tointeger(L, -1)) : 200;
    lua_getfield(L, -2, "body");
    if (lua_isstring(L, -1)) response.body = lua_tostring(L, -1);
  }
  lua_settop(L, base);
  if (!status.ok()) return status.error();
  return response;
}

int http(lua_State* L) {
  SpecSession& session = session_of(L);
  if (session.on_http != 0) luaL_unref(L, LUA_REGISTRYINDEX, session.on_http);
  session.on_http = 0;
  session.bench.on_fetch = nullptr;
  if (lua_isnoneornil(L, 1)) return 0;
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  session.on_http = luaL_ref(L, LUA_REGISTRYINDEX);
  session.bench.on_fetch = [&session](const FetchRequest& request) { return answer_fetch(session, request); };
  return 0;
}

int map(lua_State* L) {
  session_of(L).bench.set_map_text(std::string(check_view(L, 1)));
  return 0;
}

int tokens_fail(lua_State* L) {
  session_of(L).bench.tokens_fail = lua_toboolean(L, 1) != 0;
  return 0;
}

int advance(lua_State* L) {
  session_of(L).bench.manual_clock.advance_ms(static_cast<std::int64_t>(luaL_checknumber(L, 1) * 1000));
  return 0;
}

int log(lua_State* L) {
  push_view(L, session_of(L).bench.log_text());
  return 1;
}

int metric(lua_State* L) {
  const auto& metrics = session_of(L).bench.metrics;
  auto found = metrics.find(std::string(check_view(L, 1)));
  lua_pushnumber(L, found == metrics.end() ? 0 : found->second);
  return 1;
}

int fetches(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(session_of(L).bench.fetches.size()));
  return 1;
}

void run_phase(lua_State* L, SpecSession& session, Phase phase) {
  session.state = L;
  if (!BenchExchange::run(*session.phases, phase, *session.exchange, session.bench)) {
    luaL_error(L, "a hook waits for something that never comes");
  }
}

void push_routes(lua_State* L, const BenchExchange& exchange) {
  lua_newtable(L);
  int index = 0;
  for (const Route& route : exchange.routes) {
    lua_newtable(L);
    set_text(L, "provider", to_string(route.provider));
    set_text(L, "account", route.account->name);
    set_text(L, "model", route.model);
    set_text(L, "location", route.location);
    lua_rawseti(L, -2, ++index);
  }
}

// What became of the request so far.
int push_state(lua_State* L, SpecSession& session) {
  const BenchExchange& exchange = *session.exchange;
  lua_newtable(L);
  if (exchange.rejection.status != 0) {
    lua_newtable(L);
    lua_pushinteger(L, exchange.rejection.status);
    lua_setfield(L, -2, "status");
    set_text(L, "message", exchange.rejection.message);
    set_text(L, "reason", exchange.rejection.reason);
    if (exchange.rejection.retry_after_seconds >= 0) {
      lua_pushinteger(L, exchange.rejection.retry_after_seconds);
      lua_setfield(L, -2, "retry_after");
    }
    lua_setfield(L, -2, "rejected");
  }
  if (exchange.identity) set_text(L, "client", exchange.identity->client);
  push_routes(L, exchange);
  lua_setfield(L, -2, "routes");
  if (exchange.rejection.status == 0) {
    set_text(L, "credential_header", exchange.credential.header);
    set_text(L, "credential", exchange.credential.value.reveal());
    push_header_table(L, *exchange.request);
    lua_setfield(L, -2, "headers");
    set_text(L, "body", session.exchange->body().text());
  }
  return 1;
}

// From the head to the point where the request would leave for its first route.
int send(lua_State* L) {
  SpecSession& session = session_of(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  BenchExchange::Spec spec;
  spec.method = field_text(L, 1, "method", "POST");
  spec.target = field_text(L, 1, "path", "/v1/messages");
  spec.body = field_text(L, 1, "body");
  spec.client_address = field_text(L, 1, "client_address", spec.client_address);
  lua_getfield(L, 1, "headers");
  if (!lua_isnil(L, -1)) spec.headers = header_pairs(L, lua_gettop(L));
  lua_settop(L, 1);
  session.end_exchange();
  auto made = BenchExchange::make(spec);
  if (!made.ok()) return luaL_error(L, "case: %s", made.error().message.c_str());
  session.exchange = std::move(made).value();
  BenchExchange& exchange = *session.exchange;
  run_phase(L, session, Phase::kAuthenticate);
  if (exchange.rejection.status != 0) return push_state(L, session);
  exchange.learn_model();
  run_phase(L, session, Phase::kSelect);
  if (exchange.rejection.status != 0 || exchange.routes.empty()) return push_state(L, session);
  exchange.route = &exchange.routes.front();
  for (Phase phase : {Phase::kMap, Phase::kRequestPrivacy, Phase::kRequestFilter}) {
    run_phase(L, session, phase);
    if (exchange.rejection.status != 0) break;
  }
  return push_state(L, session);
}

BenchExchange& sent(lua_State* L) {
  SpecSession& session = session_of(L);
  if (!session.exchange) luaL_error(L, "case: nothing was sent yet");
  return *session.exchange;
}

// respond(status, headers) -> the headers that would reach the client; nil and the status when the policy
// rejects
int respond(lua_State* L) {
  BenchExchange& exchange = sent(L);
  Status made = exchange.respond(static_cast<int>(luaL_checkinteger(L, 1)), header_pairs(L, 2));
  if (!made.ok()) return luaL_error(L, "case: %s", made.error().message.c_str());
  run_phase(L, session_of(L), Phase::kResponsePrivacy);
  if (exchange.rejection.status == 0) run_phase(L, session_of(L), Phase::kResponseFilter);
  if (exchange.rejection.status != 0) {
    lua_pushnil(L);
    lua_pushinteger(L, exchange.rejection.status);
    return 2;
  }
  push_header_table(L, *exchange.response);
  return 1;
}

// event(text) -> the text that would reach the client; nil when it is dropped
int event(lua_State* L) {
  BenchExchange& exchange = sent(L);
  exchange.event = check_view(L, 1);
  exchange.event_dropped = false;
  run_phase(L, session_of(L), Phase::kEvent);
  if (exchange.rejection.status != 0) return luaL_error(L, "the event hook failed; see the log");
  if (exchange.event_dropped) {
    lua_pushnil(L);
  } else {
    push_view(L, exchange.event);
  }
  return 1;
}

int finish(lua_State* L) {
  BenchExchange& exchange = sent(L);
  luaL_checktype(L, 1, LUA_TTABLE);
  auto number = [&](const char* name, std::int64_t otherwise) {
    lua_getfield(L, 1, name);
    const auto value = lua_isnil(L, -1) ? otherwise : static_cast<std::int64_t>(luaL_checknumber(L, -1));
    lua_pop(L, 1);
    return value;
  };
  exchange.outcome = Outcome::kDone;
  exchange.status = static_cast<int>(number("status", 200));
  exchange.usage.input = number("input", Usage::kUnset);
  exchange.usage.output = number("output", Usage::kUnset);
  run_phase(L, session_of(L), Phase::kLog);
  return 0;
}

int passed(lua_State* L) {
  session_of(L).passed.emplace_back(check_view(L, 1));
  return 0;
}
int failed(lua_State* L) {
  session_of(L).failed.push_back(std::string(check_view(L, 1)) + ": " + std::string(check_view(L, 2)));
  return 0;
}

constexpr luaL_Reg kBench[] = {
    {"accounts", guarded<accounts>}, {"advance", guarded<advance>},
    {"client", guarded<client>},     {"event", guarded<event>},
    {"fetches", guarded<fetches>},   {"finish", guarded<finish>},
    {"http", guarded<http>},         {"log", guarded<log>},
    {"map", guarded<map>},           {"metric", guarded<metric>},
    {"reset", guarded<reset>},       {"respond", guarded<respond>},
    {"send", guarded<send>},         {"tokens_fail", guarded<tokens_fail>},
};

void push_function(lua_State* L, lua_CFunction function, SpecSession& session) {
  lua_pushlightuserdata(L, &session);
  lua_pushcclosure(L, function, 1);
}

}  // namespace

void open_spec_vocabulary(lua_State* L, SpecSession& session) {
  if (luaL_loadbuffer(L, kSpecPrelude, sizeof kSpecPrelude - 1, "=spec") != 0) lua_error(L);
  lua_newtable(L);
  for (const luaL_Reg& each : kBench) {
    push_function(L, each.func, session);
    lua_setfield(L, -2, each.name);
  }
  push_function(L, guarded<passed>, session);
  push_function(L, guarded<failed>, session);
  lua_call(L, 3, 4);
  for (const char* name : {"case", "expect", "it", "describe"}) publish_function(L, name);
}

}  // namespace moongate
