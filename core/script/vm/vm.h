// One Lua VM: its memory, its sandbox, its coroutines. Knows nothing of requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "script/policy_source.h"
#include "script/vm/memory_cap.h"
#include "script/vm/pending_wait.h"

struct lua_State;

namespace moongate {

class WatchedThread;

struct VmOptions {
  std::size_t memory_bytes = 64u << 20;
  bool ffi = false;  // `require "ffi"` works: the operator's own decision, since ffi undoes every other bound
};

// Why a run did not end well.
struct ScriptFailure {
  enum class Kind : std::uint8_t { kError, kStopped, kMemory };
  Kind kind = Kind::kError;
  std::string message;    // "route.lua:12: …"
  std::string traceback;  // names files and lines, no values
};
std::string_view to_string(ScriptFailure::Kind kind);  // "error", "cpu-budget", "memory"

// Lives on one thread. Everything that can raise a Lua error happens inside resume() or protect().
class Vm {
 public:
  // `watched` may be null (nobody watches) and must outlive the VM; so must `source`'s text.
  // Error: there is not memory enough for the libraries themselves.
  static Result<std::unique_ptr<Vm>> create(const VmOptions& options, WatchedThread* watched,
                                            std::shared_ptr<const PolicySource> source);
  ~Vm();
  Vm(const Vm&) = delete;
  Vm& operator=(const Vm&) = delete;

  // The VM that a state (of any of its coroutines) belongs to.
  static Vm& of(lua_State* L);

  lua_State* main() const { return main_; }
  const WatchedThread* watched() const { return watched_; }
  const PolicySource& source() const { return *source_; }
  bool ffi() const { return options_.ffi; }
  const MemoryCap& memory() const { return memory_; }
  // What the moon.* functions find from a state: the policy that owns this VM.
  void set_owner(void* owner) { owner_ = owner; }
  void* owner() const { return owner_; }

  // Runs C++ code that uses the main state under Lua's protection and the memory cap. The stack is as before
  // afterwards. Error: what it raised.
  Status protect(const std::function<void(lua_State*)>& code);

  // A coroutine of the pool, its stack empty. The state is anchored until it is released.
  struct Thread {
    lua_State* state = nullptr;
    int anchor = 0;
  };
  Thread acquire();
  // `broken`: it raised an error or was left in the middle.
  void release(Thread thread, bool broken);

  enum class Run : std::uint8_t { kFinished, kWaiting, kFailed };
  // Starts (the function and `arguments` values are on the stack) or goes on (`arguments` values are). Never
  // raises. kFinished: the results are all that is on the stack. kWaiting: take_wait() has what for. kFailed:
  // failure() says why; release the thread as broken.
  Run resume(Thread& thread, int arguments);
  // Goes on with what `wait` has brought.
  Run resume_with(Thread& thread, PendingWait& wait);
  const ScriptFailure& failure() const { return failure_; }
  std::unique_ptr<PendingWait> take_wait() { return std::move(wait_); }

  // For moon.* functions: call as `return vm.wait(L, …)`. Raises where nothing can wait (a file that is
  // loading).
  int wait(lua_State* L, std::unique_ptr<PendingWait> wait);
  bool wait_pending() const { return wait_ != nullptr; }
  // The pool's coroutine that runs now; null: none.
  lua_State* running() const { return running_; }

  // Raises "not enough memory" unless so many bytes more fit under the cap.
  void require_room(lua_State* L, std::size_t bytes);

  // Holds while C code calls back into Lua. Raises when such calls are nested too deep: each costs C stack,
  // of which no memory cap knows.
  class Callback {
   public:
    explicit Callback(lua_State* L);
    ~Callback() { --vm_.callbacks_; }
    Callback(const Callback&) = delete;
    Callback& operator=(const Callback&) = delete;

   private:
    Vm& vm_;
  };

 private:
  Vm(const VmOptions& options, WatchedThread* watched, std::shared_ptr<const PolicySource> source);
  Run fail(lua_State* co, bool stopped);
  void collect_if_crowded();

  VmOptions options_;
  WatchedThread* watched_;
  std::shared_ptr<const PolicySource> source_;
  MemoryCap memory_;
  std::size_t collect_at_;
  lua_State* main_ = nullptr;
  lua_State* running_ = nullptr;
  void* owner_ = nullptr;
  int callbacks_ = 0;
  std::unique_ptr<PendingWait> wait_;
  ScriptFailure failure_;
  std::vector<Thread> idle_;
};

}  // namespace moongate
