#include "script/lua_phases.h"

#include "script/exchange_state.h"
#include "script/hook_results.h"
#include "script/moon/namespaces.h"
#include "script/services.h"

namespace moongate {
namespace {

constexpr int kMaxWaits = 1000;  // of one hook: moon.sleep in an endless loop ends too
constexpr int kMaxInterned = 8192;
constexpr std::size_t kMaxHeaderNames = 64;

}  // namespace

const std::array<HookRow, kHookCount>& hook_table() {
  static constexpr std::array<HookRow, kHookCount> kTable = {{
      {Phase::kAuthenticate, "auth", "authenticate", "auth.authenticate", true},
      {Phase::kSelect, "route", "select", "route.select", true},
      {Phase::kMap, "token_map", "map", "token_map.map", true},
      {Phase::kRequestPrivacy, "privacy", "request", "privacy.request", true},
      {Phase::kRequestFilter, "filters", "request", "filters.request", false},
      {Phase::kResponsePrivacy, "privacy", "response", "privacy.response", true},
      {Phase::kResponseFilter, "filters", "response", "filters.response", false},
      {Phase::kEvent, "filters", "event", "filters.event", false},
      {Phase::kLog, "log", "log", "log.log", false},
  }};
  return kTable;
}

Result<std::shared_ptr<LuaPhases>> LuaPhases::load(std::shared_ptr<const PolicySource> source,
                                                   const VmOptions& options, WatchedThread* watched,
                                                   ScriptServices& services) {
  std::shared_ptr<LuaPhases> phases(new LuaPhases(services));
  Status opened = phases->open(std::move(source), options, watched);
  if (!opened.ok()) return opened.error();
  return phases;
}

LuaPhases::LuaPhases(ScriptServices& services) : services_(services) {}
LuaPhases::~LuaPhases() = default;

Status LuaPhases::open(std::shared_ptr<const PolicySource> source, const VmOptions& options,
                       WatchedThread* watched) {
  auto made = Vm::create(options, watched, std::move(source));
  if (!made.ok()) return made.error();
  vm_ = std::move(made).value();
  vm_->set_owner(this);
  Status opened = vm_->protect([this](lua_State* L) {
    lua_newtable(L);
    anchors_ = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_newtable(L);
    interned_ = luaL_ref(L, LUA_REGISTRYINDEX);
    open_moon(L);
  });
  if (!opened.ok()) return opened.error();
  return load_hooks();
}

Status LuaPhases::load_hooks() {
  for (const HookRow& row : hook_table()) {
    if (!row.required && vm_->source().find(std::string(row.file) + ".lua") == nullptr) continue;
    auto loaded = load_hook(row);
    if (!loaded.ok()) return loaded.error();
    hooks_[static_cast<std::size_t>(row.phase)] = *loaded;
  }
  return {};
}

// Runs like a hook, so that a file that loops while it loads is stopped, too.
Result<int> LuaPhases::load_hook(const HookRow& row) {
  const std::string shown = vm_->source().shown(std::string(row.file) + ".lua");
  Vm::Thread thread = vm_->acquire();
  lua_getglobal(thread.state, "require");
  lua_pushstring(thread.state, row.file);
  if (vm_->resume(thread, 1) != Vm::Run::kFinished) {
    const bool waited = vm_->take_wait() != nullptr;
    const ScriptFailure failure = vm_->failure();
    vm_->release(thread, true);
    if (waited) return Error(ErrorKind::kInvalid, shown + ": waits for something while it is loaded");
    return Error(ErrorKind::kInvalid, failure.message);
  }
  lua_State* co = thread.state;
  int reference = 0;
  Status status;
  if (!lua_istable(co, 1)) {
    status = Error(ErrorKind::kInvalid, shown + ": has to return a table of hooks, and returned a " +
                                            std::string(luaL_typename(co, 1)));
  } else {
    lua_pushstring(co, row.function);
    lua_rawget(co, 1);
    if (lua_isfunction(co, -1)) {
      reference = luaL_ref(co, LUA_REGISTRYINDEX);
    } else if (row.required || !lua_isnil(co, -1)) {
      status = Error(ErrorKind::kInvalid, shown + ": " + row.function + " has to be a function, and is a " +
                                              luaL_typename(co, -1));
    }
  }
  vm_->release(thread, false);
  if (!status.ok()) return status.error();
  return reference;
}

Step LuaPhases::start(Phase phase, Exchange& exchange) {
  const int hook = hooks_[static_cast<std::size_t>(phase)];
  if (hook == 0) return Step::kDone;
  ExchangeState& state = state_of(exchange);
  state.phase = phase;
  state.waits = 0;
  state.thread = vm_->acquire();
  lua_State* co = state.thread.state;
  lua_rawgeti(co, LUA_REGISTRYINDEX, hook);
  const int arguments = push_arguments(co, phase, state);
  return advance(state, vm_->resume(state.thread, arguments));
}

// The only place, besides start(), from which Lua is resumed.
Task<void> LuaPhases::finish(Exchange& exchange) {
  auto& state = *static_cast<ExchangeState*>(exchange.policy_state);
  Step step = Step::kSuspended;
  while (step == Step::kSuspended) {
    const std::unique_ptr<PendingWait> wait = std::move(state.wait);
    co_await wait->run();
    step = advance(state, vm_->resume_with(state.thread, *wait));
  }
}

Step LuaPhases::advance(ExchangeState& state, Vm::Run run) {
  if (run == Vm::Run::kWaiting) {
    state.wait = vm_->take_wait();
    if (++state.waits <= kMaxWaits) return Step::kSuspended;
    state.wait.reset();
    vm_->release(state.thread, true);
    fail(state, "waits", "the hook waited more than 1000 times", {});
    return Step::kDone;
  }
  if (run == Vm::Run::kFailed) {
    vm_->release(state.thread, true);
    const ScriptFailure& failure = vm_->failure();
    fail(state, to_string(failure.kind), failure.message, failure.traceback);
    return Step::kDone;
  }
  Status taken = take_results(state.thread.state, state);
  vm_->release(state.thread, false);
  if (!taken.ok()) fail(state, "result", taken.error().message, {});
  return Step::kDone;
}

// Closed: whatever the hook had decided so far does not count.
void LuaPhases::fail(ExchangeState& state, std::string_view kind, std::string_view reason,
                     std::string_view traceback) {
  Exchange& exchange = *state.exchange;
  const HookRow& row = hook_table()[static_cast<std::size_t>(state.phase)];
  services_.count_hook_failure(row.name, kind);
  services_.logger().error("policy hook failed",
                           {{"request_id", exchange.id},
                            {"hook", row.name},
                            {"kind", kind},
                            {"reason", reason},
                            {"traceback", traceback},
                            {"client", exchange.identity ? exchange.identity->client : ""}});
  if (state.phase == Phase::kLog) return;
  if (state.phase == Phase::kAuthenticate) exchange.identity.reset();
  if (state.phase == Phase::kSelect) exchange.routes.clear();
  if (state.phase == Phase::kMap) exchange.credential = UpstreamCredential();
  if (state.phase == Phase::kEvent) exchange.event_dropped = true;
  exchange.reject(500,
                  "The gateway's policy failed on this request; its operator finds the reason in the log.");
}

ExchangeState& LuaPhases::state_of(Exchange& exchange) {
  if (exchange.policy_state != nullptr) return *static_cast<ExchangeState*>(exchange.policy_state);
  if (idle_states_.empty()) {
    states_.push_back(std::make_unique<ExchangeState>());
    states_.back()->anchor = 1 + static_cast<int>(states_.size() - 1) * ExchangeState::kPlaces;
    idle_states_.push_back(states_.back().get());
  }
  ExchangeState* state = idle_states_.back();
  idle_states_.pop_back();
  state->exchange = &exchange;
  exchange.policy_state = state;
  return *state;
}

void LuaPhases::forget(Exchange& exchange) noexcept {
  auto* state = static_cast<ExchangeState*>(exchange.policy_state);
  if (state == nullptr) return;
  lua_State* L = vm_->main();
  lua_rawgeti(L, LUA_REGISTRYINDEX, anchors_);
  auto clear = [&](ExchangeState::Place place) {
    lua_pushnil(L);
    lua_rawseti(L, -2, state->anchor + place);
  };
  auto cut = [&](ExchangeHandle*& handle, ExchangeState::Place place) {
    if (handle == nullptr) return;
    handle->state = nullptr;
    handle = nullptr;
    clear(place);
  };
  cut(state->request, ExchangeState::kRequest);
  cut(state->response, ExchangeState::kResponse);
  cut(state->event, ExchangeState::kEvent);
  if (state->keeps_identity) clear(ExchangeState::kIdentity);
  if (state->keeps_context) clear(ExchangeState::kContext);
  lua_pop(L, 1);
  state->keeps_identity = state->keeps_context = false;
  state->exchange = nullptr;
  state->thread = {};
  exchange.policy_state = nullptr;
  idle_states_.push_back(state);
}

int LuaPhases::push_arguments(lua_State* co, Phase phase, ExchangeState& state) {
  switch (phase) {
    case Phase::kAuthenticate:
    case Phase::kRequestPrivacy:
    case Phase::kRequestFilter:
      push_request(co, state);
      return 1;
    case Phase::kSelect:
      push_request(co, state);
      push_identity_of(co, state);
      return 2;
    case Phase::kMap:
      push_request(co, state);
      push_identity_of(co, state);
      push_account(co, state.exchange->route->account);
      return 3;
    case Phase::kResponsePrivacy:
    case Phase::kResponseFilter:
      push_response(co, state);
      return 1;
    case Phase::kEvent:
      push_event(co, state);
      return 1;
    case Phase::kLog:
      push_request(co, state);
      push_outcome(co, *state.exchange);
      return 2;
  }
  return 0;
}

namespace {

// Pushes the handle at a place of the anchor table, made when it is not there.
void push_exchange_handle(lua_State* L, int anchors, ExchangeState& state, ExchangeHandle*& handle,
                          HandleKind kind, ExchangeState::Place place) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, anchors);
  if (handle != nullptr) {
    lua_rawgeti(L, -1, state.anchor + place);
  } else {
    handle = &push_handle(L, kind, ExchangeHandle{&state});
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, state.anchor + place);
  }
  lua_remove(L, -2);
}

}  // namespace

void LuaPhases::push_request(lua_State* L, ExchangeState& state) {
  push_exchange_handle(L, anchors_, state, state.request, HandleKind::kRequest, ExchangeState::kRequest);
}
void LuaPhases::push_response(lua_State* L, ExchangeState& state) {
  push_exchange_handle(L, anchors_, state, state.response, HandleKind::kResponse, ExchangeState::kResponse);
}
void LuaPhases::push_event(lua_State* L, ExchangeState& state) {
  push_exchange_handle(L, anchors_, state, state.event, HandleKind::kEvent, ExchangeState::kEvent);
}

void LuaPhases::push_context(lua_State* L, ExchangeState& state) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, anchors_);
  if (state.keeps_context) {
    lua_rawgeti(L, -1, state.anchor + ExchangeState::kContext);
  } else {
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, state.anchor + ExchangeState::kContext);
    state.keeps_context = true;
  }
  lua_remove(L, -2);
}

void LuaPhases::push_identity_of(lua_State* L, ExchangeState& state) {
  if (state.exchange->identity == nullptr) return lua_pushnil(L);
  push_identity(L, state.exchange->identity);
}

bool LuaPhases::push_interned(lua_State* L, const void* object) {
  const MapConfig* map = services_.snapshot().map.get();
  if (interned_count_ >= kMaxInterned || map != interned_map_) {
    lua_newtable(L);
    lua_rawseti(L, LUA_REGISTRYINDEX, interned_);
    interned_count_ = 0;
    interned_map_ = map;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, interned_);
  lua_pushlightuserdata(L, const_cast<void*>(object));
  lua_rawget(L, -2);
  lua_remove(L, -2);
  if (!lua_isnil(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

// Keeps the userdata on top for `object`, which it must own, so that the address stays its own.
void LuaPhases::intern(lua_State* L, const void* object) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, interned_);
  lua_pushlightuserdata(L, const_cast<void*>(object));
  lua_pushvalue(L, -3);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  ++interned_count_;
}

void LuaPhases::push_identity(lua_State* L, const std::shared_ptr<const Identity>& identity) {
  if (push_interned(L, identity.get())) return;
  push_handle(L, HandleKind::kIdentity, identity);
  intern(L, identity.get());
}

void LuaPhases::push_account(lua_State* L, const std::shared_ptr<const Account>& account) {
  if (push_interned(L, account.get())) return;
  push_handle(L, HandleKind::kAccount, account);
  intern(L, account.get());
}

void LuaPhases::push_secret(lua_State* L, const std::shared_ptr<const Secret>& secret) {
  if (push_interned(L, secret.get())) return;
  push_handle(L, HandleKind::kSecret, secret);
  intern(L, secret.get());
}

Status LuaPhases::take_results(lua_State* co, ExchangeState& state) {
  Exchange& exchange = *state.exchange;
  switch (state.phase) {
    case Phase::kAuthenticate:
      return exchange.rejection.status != 0 ? Status() : take_identity(co, state);
    case Phase::kSelect:
      return exchange.rejection.status != 0 ? Status()
                                            : read_routes(co, services_.snapshot(), exchange.routes);
    case Phase::kMap:
      return exchange.rejection.status != 0 ? Status() : take_credential(co, state);
    case Phase::kRequestPrivacy:
    case Phase::kRequestFilter:
      return expect_nothing_but(co, HandleKind::kRequest);
    case Phase::kResponsePrivacy:
    case Phase::kResponseFilter:
      return expect_nothing_but(co, HandleKind::kResponse);
    case Phase::kEvent:
      return read_event(co, exchange);
    case Phase::kLog:
      return {};
  }
  return {};
}

Status LuaPhases::take_identity(lua_State* co, ExchangeState& state) {
  auto identity = read_identity(co);
  if (!identity.ok()) return identity.error();
  state.exchange->identity = *identity;
  return {};
}

Status LuaPhases::take_credential(lua_State* co, ExchangeState& state) {
  UpstreamCredential& credential = state.exchange->credential;
  std::string_view header;
  Status read = read_credential(co, header, credential.value);
  if (!read.ok()) return read;
  auto known = header_names_.find(header);
  if (known == header_names_.end()) {
    if (header_names_.size() >= kMaxHeaderNames) {
      return Error(ErrorKind::kInvalid, "map has returned more than 64 different header names");
    }
    known = header_names_.emplace(header).first;
  }
  credential.header = *known;
  return {};
}

}  // namespace moongate
