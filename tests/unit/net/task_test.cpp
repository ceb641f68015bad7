#include "net/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "base/result.h"

namespace moongate {
namespace {

Task<int> number(int n) { co_return n; }
Task<std::unique_ptr<int>> boxed(int n) { co_return std::make_unique<int>(n); }
Task<Result<std::unique_ptr<int>>> perhaps(bool good) {
  if (!good) co_return Error(ErrorKind::kNotFound, "none");
  co_return std::make_unique<int>(1);
}
Task<void> thrower() {
  throw std::runtime_error("out");
  co_return;
}
Task<int> deep(int n) {
  if (n == 0) co_return 0;
  co_return 1 + co_await deep(n - 1);
}

struct Gate {
  std::coroutine_handle<> waiter;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> h) { waiter = h; }
  void await_resume() const {}
};

TEST(Task, GivesValuesEvenThoseThatOnlyMove) {
  std::string said;
  const auto body = [](std::string& out) -> Task<void> {
    out += std::to_string(co_await number(3));
    out += std::to_string(*co_await boxed(4));
    auto good = co_await perhaps(true);
    auto bad = co_await perhaps(false);
    out += good.ok() && !bad.ok() ? "r" : "?";
  };
  spawn(body(said));
  EXPECT_EQ(said, "34r");
}

TEST(Task, StartsOnlyWhenAwaited) {
  bool started = false;
  const auto body = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  {
    Task<void> task = body(started);
    EXPECT_FALSE(started);
  }
  EXPECT_FALSE(started) << "one that was never awaited goes without having run";
  spawn(body(started));
  EXPECT_TRUE(started);
}

TEST(Task, ExceptionsTravelToTheAwaiter) {
  std::string said;
  const auto middle = []() -> Task<int> {
    co_await thrower();
    co_return 1;
  };
  const auto body = [&middle](std::string& out) -> Task<void> {
    try {
      co_await middle();
    } catch (const std::runtime_error& e) {
      out = e.what();
    }
  };
  spawn(body(said));
  EXPECT_EQ(said, "out");
}

TEST(Task, GoesOnWhereItWaited) {
  Gate gate;
  std::string said;
  const auto inner = [](Gate& g) -> Task<int> {
    co_await g;
    co_return 5;
  };
  const auto body = [&inner](Gate& g, std::string& out) -> Task<void> {
    out += 'a';
    out += std::to_string(co_await inner(g));
  };
  spawn(body(gate, said));
  EXPECT_EQ(said, "a");
  gate.waiter.resume();
  EXPECT_EQ(said, "a5");
}

TEST(Task, ChainsMayBeDeep) {
  int depth = 0;
  const auto body = [](int& out) -> Task<void> { out = co_await deep(1000); };
  spawn(body(depth));
  EXPECT_EQ(depth, 1000);
}

TEST(Task, MovesWithItsFrame) {
  int got = 0;
  Task<int> a = number(7);
  Task<int> b = std::move(a);
  const auto body = [](Task<int> task, int& out) -> Task<void> { out = co_await std::move(task); };
  spawn(body(std::move(b), got));
  EXPECT_EQ(got, 7);
}

TEST(Task, WhatItHoldsGoesWhenItEnds) {
  auto held = std::make_shared<int>(1);
  const auto body = [](std::shared_ptr<int> kept) -> Task<void> {
    EXPECT_GT(kept.use_count(), 1);
    co_return;
  };
  spawn(body(held));
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace moongate
