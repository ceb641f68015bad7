#include "script/vm/vm.h"

#include <algorithm>

#include "script/vm/guarded.h"
#include "script/vm/lua_headers.h"
#include "script/vm/sandbox.h"
#include "script/vm/watchdog.h"

namespace moongate {
namespace {

// Each level costs up to a kilobyte or two of C stack (several times that under a sanitizer).
constexpr int kMaxCallbacks = 48;
constexpr std::size_t kMaxIdle = 256;
constexpr std::size_t kMaxMessage = 2048;

struct ProtectedCode {
  const std::function<void(lua_State*)>* code;
};

int run_protected(lua_State* L) {
  (*static_cast<ProtectedCode*>(lua_touserdata(L, 1))->code)(L);
  return 0;
}

int push_wait(lua_State* L) {
  auto* wait = static_cast<PendingWait*>(lua_touserdata(L, 1));
  lua_settop(L, 0);
  return wait->push(L);
}

// The error value at the top of `L`, without calling into Lua.
std::string error_text(lua_State* L) {
  std::size_t size = 0;
  if (lua_type(L, -1) == LUA_TSTRING) {
    const char* text = lua_tolstring(L, -1, &size);
    return std::string(text, std::min(size, kMaxMessage));
  }
  return std::string("(the error is a ") + luaL_typename(L, -1) + ", not a message)";
}

}  // namespace

std::string_view to_string(ScriptFailure::Kind kind) {
  switch (kind) {
    case ScriptFailure::Kind::kError:
      return "error";
    case ScriptFailure::Kind::kStopped:
      return "cpu-budget";
    case ScriptFailure::Kind::kMemory:
      return "memory";
  }
  return "error";
}

Vm::Vm(const VmOptions& options, WatchedThread* watched, std::shared_ptr<const PolicySource> source)
    : options_(options),
      watched_(watched),
      source_(std::move(source)),
      memory_(options.memory_bytes),
      collect_at_(options.memory_bytes / 4 * 3) {}

Result<std::unique_ptr<Vm>> Vm::create(const VmOptions& options, WatchedThread* watched,
                                       std::shared_ptr<const PolicySource> source) {
  std::unique_ptr<Vm> vm(new Vm(options, watched, std::move(source)));
  vm->main_ = lua_newstate(MemoryCap::allocate, &vm->memory_);
  if (vm->main_ == nullptr) return Error(ErrorKind::kInternal, "there is no memory for a Lua VM");
  lua_setexdata(vm->main_, vm.get());
  // Garbage is worth collecting before the heap has doubled: the cap counts it like anything else.
  lua_gc(vm->main_, LUA_GCSETPAUSE, 150);
  Status opened = vm->protect([&](lua_State* L) { open_sandbox(L, *vm); });
  if (!opened.ok()) return opened.error().wrap("policy.memory_mb is too small for an empty policy");
  return vm;
}

Vm::~Vm() {
  if (main_ != nullptr) lua_close(main_);
}

Vm& Vm::of(lua_State* L) { return *static_cast<Vm*>(lua_getexdata(L)); }

Status Vm::protect(const std::function<void(lua_State*)>& code) {
  ProtectedCode call{&code};
  memory_.enforce(true);
  const int status = lua_cpcall(main_, guarded<run_protected>, &call);
  memory_.enforce(false);
  if (status == 0) return {};
  Error error(ErrorKind::kInvalid, error_text(main_));
  lua_pop(main_, 1);
  return error;
}

Vm::Thread Vm::acquire() {
  if (!idle_.empty()) {
    const Thread thread = idle_.back();
    idle_.pop_back();
    return thread;
  }
  Thread thread;
  thread.state = lua_newthread(main_);
  lua_setexdata(thread.state, this);
  thread.anchor = luaL_ref(main_, LUA_REGISTRYINDEX);
  return thread;
}

void Vm::release(Thread thread, bool broken) {
  // One that has failed is left to the collector. lua_resetthread would not do: after a stack overflow the
  // coroutine that it gives back returns at once from the next resume, or crashes luaL_traceback.
  if (broken || idle_.size() >= kMaxIdle) {
    luaL_unref(main_, LUA_REGISTRYINDEX, thread.anchor);
    return;
  }
  lua_settop(thread.state, 0);
  idle_.push_back(thread);
}

Vm::Run Vm::resume(Thread& thread, int arguments) {
  if (memory_.used() > collect_at_) collect_if_crowded();
  int status = 0;
  bool stopped = false;
  {
    // A policy test resumes hooks from inside a run of its own.
    lua_State* const outer = running_;
    WatchedThread::Run run(watched_, main_);
    running_ = thread.state;
    memory_.enforce(true);
    status = lua_resume(thread.state, arguments);
    memory_.enforce(outer != nullptr);
    running_ = outer;
    stopped = run.stopped();
  }
  if (stopped || (status != 0 && status != LUA_YIELD)) {
    wait_.reset();
    failure_.kind = stopped                ? ScriptFailure::Kind::kStopped
                    : status == LUA_ERRMEM ? ScriptFailure::Kind::kMemory
                                           : ScriptFailure::Kind::kError;
    return fail(thread.state, status != 0 && status != LUA_YIELD);
  }
  if (status == 0) return Run::kFinished;
  if (wait_ != nullptr) return Run::kWaiting;
  failure_.kind = ScriptFailure::Kind::kError;
  lua_settop(thread.state, 0);
  lua_pushliteral(thread.state, "coroutine.yield outside of a coroutine");
  return fail(thread.state, true);
}

Vm::Run Vm::resume_with(Thread& thread, PendingWait& wait) {
  const int base = lua_gettop(main_);
  lua_pushcfunction(main_, guarded<push_wait>);
  lua_pushlightuserdata(main_, &wait);
  memory_.enforce(true);
  const int status = lua_pcall(main_, 1, LUA_MULTRET, 0);
  memory_.enforce(running_ != nullptr);
  const int values = lua_gettop(main_) - base;
  if (status == 0 && lua_checkstack(thread.state, values) != 0) {
    lua_xmove(main_, thread.state, values);
    return resume(thread, values);
  }
  failure_.kind = status == LUA_ERRMEM ? ScriptFailure::Kind::kMemory : ScriptFailure::Kind::kError;
  failure_.message = status == 0 ? "too many results" : error_text(main_);
  failure_.traceback.clear();
  lua_settop(main_, base);
  return Run::kFailed;
}

// `has_error`: the error is on top of the coroutine's stack, which is still as it was when it was raised.
Vm::Run Vm::fail(lua_State* co, bool has_error) {
  failure_.message = has_error ? error_text(co)
                               : "stopped: the policy used more CPU time than allowed, and caught "
                                 "the error that told it so";
  luaL_traceback(main_, co, nullptr, 0);
  std::size_t size = 0;
  const char* text = lua_tolstring(main_, -1, &size);
  failure_.traceback.assign(text, std::min(size, 2 * kMaxMessage));
  lua_pop(main_, 1);
  return Run::kFailed;
}

// What one request has left behind must not fail the next one. The bar is put half way to the cap above what
// is really in use, so that a VM that is full for good does not collect at every call.
void Vm::collect_if_crowded() {
  lua_gc(main_, LUA_GCCOLLECT, 0);
  const std::size_t used = memory_.used();
  const std::size_t limit = memory_.limit();
  collect_at_ = std::max(limit / 4 * 3, used < limit ? used + (limit - used) / 2 : used + used / 8);
}

int Vm::wait(lua_State* L, std::unique_ptr<PendingWait> wait) {
  if (running_ == nullptr || lua_isyieldable(L) == 0) {
    return luaL_error(
        L,
        "this call waits, and nothing can wait here: not while a file is loaded, nor in a callback of "
        "gsub, sort or format (a yield across a C call)");
  }
  struct DropUnlessYielded {
    Vm& vm;
    bool yielded = false;
    ~DropUnlessYielded() {
      if (!yielded) vm.wait_.reset();
    }
  } drop{*this};
  wait_ = std::move(wait);
  const int yielded = lua_yield(L, 0);
  drop.yielded = true;
  return yielded;
}

void Vm::require_room(lua_State* L, std::size_t bytes) {
  if (!memory_.has_room(bytes)) luaL_error(L, "not enough memory");
}

Vm::Callback::Callback(lua_State* L) : vm_(Vm::of(L)) {
  if (vm_.callbacks_ >= kMaxCallbacks) {
    luaL_error(L, "calls nested too deep: a function that Lua's library calls back calls the library again");
  }
  ++vm_.callbacks_;
}

}  // namespace moongate
