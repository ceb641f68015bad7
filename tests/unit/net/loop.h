// A reactor that a test turns by hand, and coroutines run on it to their end.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>

#include "net/reactor.h"
#include "net/task.h"

namespace moongate {

class Loop {
 public:
  // With a clock that stands still, deadlines pass only when the test says so.
  explicit Loop(const Clock& clock) : reactor(clock) {}

  // Turns until `done`; the bound is for tests that would hang.
  bool until(const std::function<bool()>& done) {
    for (int i = 0; i < 2000 && !done(); ++i) reactor.turn(5);
    return done();
  }

  template <class T>
  T run(Task<T> task) {
    auto result = std::make_shared<std::optional<T>>();
    spawn(keep(std::move(task), result));
    if (!until([&] { return result->has_value(); })) {
      ADD_FAILURE() << "the coroutine does not end";
      std::abort();  // it holds references into the test
    }
    return std::move(**result);
  }

  Reactor reactor;

 private:
  template <class T>
  static Task<void> keep(Task<T> task, std::shared_ptr<std::optional<T>> result) {
    result->emplace(co_await std::move(task));
  }
};

}  // namespace moongate
