// What a hook waits for: made by the moon.* function that yields, driven by the pipeline's coroutine.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "net/task.h"

struct lua_State;

namespace moongate {

class PendingWait {
 public:
  virtual ~PendingWait() = default;
  // Waits. Called once; never throws.
  virtual Task<void> run() = 0;
  // After run(): leaves what the moon.* call returns on the stack and says how many values that are. Called
  // protected; may raise.
  virtual int push(lua_State* L) = 0;
};

// A wait for one value of type T, which `push` turns into Lua's.
template <class T>
class WaitFor final : public PendingWait {
 public:
  using Push = std::function<int(lua_State*, T&)>;
  WaitFor(Task<T> task, Push push) : task_(std::move(task)), push_(std::move(push)) {}
  Task<void> run() override { value_.emplace(co_await std::move(task_)); }
  int push(lua_State* L) override { return push_(L, *value_); }

 private:
  Task<T> task_;
  Push push_;
  std::optional<T> value_;
};

}  // namespace moongate
