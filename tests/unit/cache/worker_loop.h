// A worker's reactor turned by the test itself.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "net/reactor.h"
#include "net/task.h"

namespace moongate {

class WorkerLoop {
 public:
  explicit WorkerLoop(const Clock& clock) : reactor(clock) {}
  // What runs behind the scenes (a connection to Redis) ends in a few turns.
  ~WorkerLoop() {
    for (int i = 0; i < 8; ++i) reactor.turn(0);
  }

  Reactor reactor;

  // Turns until it holds; false after ten seconds of real time.
  bool until(const std::function<bool()>& holds) {
    const SystemClock real;
    const MonoMs end = real.mono_ms() + 10'000;
    while (!holds()) {
      if (real.mono_ms() > end) return false;
      reactor.turn(10);
    }
    return true;
  }

  // The task's result, turning as long as it takes.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> result;
    spawn(keep(std::move(task), result));
    EXPECT_TRUE(until([&] { return result.has_value(); })) << "the task does not end";
    return std::move(*result);
  }

  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>& result) {
    result.emplace(co_await std::move(task));
  }
};

}  // namespace moongate
