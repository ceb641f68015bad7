// The phases of an exchange, decided in Lua: one policy generation of one worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/exchange.h"
#include "proxy/phases.h"
#include "script/policy_source.h"
#include "script/vm/vm.h"

namespace moongate {

class ScriptServices;
class WatchedThread;
struct ExchangeState;

// A hook: where it is defined, and which phase it decides.
struct HookRow {
  Phase phase;
  const char* file;      // module name: "auth" is auth.lua
  const char* function;  // a field of the table that the module returns
  const char* name;      // "auth.authenticate", for logs and metrics
  bool required;
};
inline constexpr std::size_t kHookCount = 9;
// By Phase. The one list from which loading, checking and the documents' test come.
const std::array<HookRow, kHookCount>& hook_table();

class LuaPhases final : public Phases {
 public:
  // Loads every module that holds a hook, and checks that what has to be there is there and is a function.
  // `watched` may be null (nothing is stopped then; for tests and tools); it and `services` must outlive the
  // policy and every exchange that it began. Error kInvalid: the message names file and line, and says what
  // is wrong.
  static Result<std::shared_ptr<LuaPhases>> load(std::shared_ptr<const PolicySource> source,
                                                 const VmOptions& options, WatchedThread* watched,
                                                 ScriptServices& services);
  ~LuaPhases() override;

  bool defines(Phase phase) const override { return hooks_[static_cast<std::size_t>(phase)] != 0; }
  Step start(Phase phase, Exchange& exchange) override;
  Task<void> finish(Exchange& exchange) override;
  void forget(Exchange& exchange) noexcept override;

  // -- for the moon.* functions
  static LuaPhases& of(lua_State* L) { return *static_cast<LuaPhases*>(Vm::of(L).owner()); }
  ScriptServices& services() { return services_; }
  Vm& vm() { return *vm_; }

  // Push the one userdata that stands for the object in this VM (made when first asked for).
  void push_identity(lua_State* L, const std::shared_ptr<const Identity>& identity);
  void push_account(lua_State* L, const std::shared_ptr<const Account>& account);
  void push_secret(lua_State* L, const std::shared_ptr<const Secret>& secret);
  void push_request(lua_State* L, ExchangeState& state);
  void push_identity_of(lua_State* L, ExchangeState& state);  // nil before it is known
  void push_context(lua_State* L, ExchangeState& state);      // the request's own table

 private:
  explicit LuaPhases(ScriptServices& services);
  Status open(std::shared_ptr<const PolicySource> source, const VmOptions& options, WatchedThread* watched);
  Status load_hooks();
  Result<int> load_hook(const HookRow& row);

  ExchangeState& state_of(Exchange& exchange);
  int push_arguments(lua_State* co, Phase phase, ExchangeState& state);
  void push_response(lua_State* L, ExchangeState& state);
  void push_event(lua_State* L, ExchangeState& state);
  Step advance(ExchangeState& state, Vm::Run run);
  Status take_results(lua_State* co, ExchangeState& state);
  Status take_identity(lua_State* co, ExchangeState& state);
  Status take_credential(lua_State* co, ExchangeState& state);
  void fail(ExchangeState& state, std::string_view kind, std::string_view reason, std::string_view traceback);
  bool push_interned(lua_State* L, const void* object);
  void intern(lua_State* L, const void* object);

  ScriptServices& services_;
  std::unique_ptr<Vm> vm_;
  std::array<int, kHookCount> hooks_{};  // registry references; 0: not defined
  int anchors_ = 0;                      // registry reference: the Lua values that belong to exchanges
  int interned_ = 0;                     // registry reference: userdata by the address of what they stand for
  int interned_count_ = 0;
  const MapConfig* interned_map_ = nullptr;  // what is interned belongs to this map, mostly
  std::vector<std::unique_ptr<ExchangeState>> states_;
  std::vector<ExchangeState*> idle_states_;
  std::set<std::string, std::less<>> header_names_;  // of credentials: they outlive the hook
};

}  // namespace moongate
