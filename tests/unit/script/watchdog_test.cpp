// One watchdog over several threads: who runs away is stopped, and nobody else.
#include "script/vm/watchdog.h"

#include <atomic>
#include <csignal>
#include <thread>

#include "lua_run.h"
#include "script/vm/sandbox.h"

namespace moongate {
namespace {

// The end of a run of `code` in a VM of the calling thread.
LuaEnd run_in(Vm& vm, const std::string& code) {
  Vm::Thread thread = vm.acquire();
  EXPECT_EQ(0, luaL_loadbuffer(thread.state, code.data(), code.size(), "@test.lua"));
  LuaEnd end;
  end.run = vm.resume(thread, 0);
  if (end.run == Vm::Run::kFailed) end.failure = vm.failure();
  vm.release(thread, end.run != Vm::Run::kFinished);
  return end;
}

TEST(TheWatchdog, StopsOneThreadAndLeavesAnotherAlone) {
  Watchdog watchdog(10);
  std::atomic<bool> done{false};
  std::atomic<int> undisturbed{0}, disturbed{0};
  std::thread other([&] {
    const auto watched = watchdog.watch_this_thread();
    auto vm = std::move(Vm::create({}, watched.get(), PolicySource::of({}))).value();
    while (!done) {
      LuaEnd end = run_in(*vm, "local n = 0 for i = 1, 1000 do n = n + i end assert(n == 500500)");
      ++(end.finished() ? undisturbed : disturbed);
    }
  });
  {
    const auto watched = watchdog.watch_this_thread();
    auto vm = std::move(Vm::create({}, watched.get(), PolicySource::of({}))).value();
    for (int i = 0; i < 30; ++i) {
      EXPECT_TRUE(run_in(*vm, "while true do pcall(function() while true do end end) end")
                      .failed_by(ScriptFailure::Kind::kStopped));
      EXPECT_TRUE(run_in(*vm, "return 1").finished());
    }
  }
  done = true;
  other.join();
  EXPECT_GT(undisturbed.load(), 0);
  EXPECT_EQ(0, disturbed.load());
}

int send_late_signal(lua_State*) {
  raise(SIGURG);
  return 0;
}

TEST(TheWatchdog, TakesNoSignalForItsOwnThatWasMeantForAnEarlierRun) {
  Watchdog watchdog(10);
  const auto watched = watchdog.watch_this_thread();
  auto vm = std::move(Vm::create({}, watched.get(), PolicySource::of({}))).value();
  ASSERT_TRUE(vm->protect([](lua_State* L) {
                  lua_pushcfunction(L, send_late_signal);
                  publish_function(L, "late");
                }).ok());
  EXPECT_TRUE(run_in(*vm, "while true do end").failed_by(ScriptFailure::Kind::kStopped));
  raise(SIGURG);  // while nothing runs
  EXPECT_TRUE(run_in(*vm, "for i = 1, 100 do late() end").finished());
}

TEST(TheWatchdog, CountsCpuTimeAndNotTheTimeThatOthersTake) {
  Watchdog watchdog(10);
  const auto watched = watchdog.watch_this_thread();
  auto vm = std::move(Vm::create({}, watched.get(), PolicySource::of({}))).value();
  // Blocks for several budgets without using CPU, as when the machine gives this thread no turn.
  ASSERT_TRUE(vm->protect([](lua_State* L) {
                  lua_pushcfunction(L, [](lua_State*) {
                    std::timespec end{};
                    clock_gettime(CLOCK_MONOTONIC, &end);
                    end.tv_nsec += 60'000'000;
                    if (end.tv_nsec >= 1'000'000'000) {
                      end.tv_nsec -= 1'000'000'000;
                      ++end.tv_sec;
                    }
                    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nullptr) != 0) {
                    }
                    return 0;
                  });
                  publish_function(L, "block");
                }).ok());
  EXPECT_TRUE(run_in(*vm, "block() local n = 0 for i = 1, 100 do n = n + i end").finished());
}

TEST(TheWatchdog, LetsARunInsideARunHaveItsOwnBudget) {
  Watchdog watchdog(10);
  const auto watched = watchdog.watch_this_thread();
  auto outer = std::move(Vm::create({}, watched.get(), PolicySource::of({}))).value();
  auto inner = std::move(Vm::create({}, watched.get(), PolicySource::of({}))).value();
  static Vm* inner_vm = nullptr;
  inner_vm = inner.get();
  ASSERT_TRUE(outer
                  ->protect([](lua_State* L) {
                    lua_pushcfunction(L, [](lua_State* state) {
                      lua_pushboolean(
                          state,
                          run_in(*inner_vm, "while true do end").failed_by(ScriptFailure::Kind::kStopped));
                      return 1;
                    });
                    publish_function(L, "inner_is_stopped");
                  })
                  .ok());
  EXPECT_TRUE(run_in(*outer, "assert(inner_is_stopped()) assert(inner_is_stopped())").finished());
  EXPECT_TRUE(
      run_in(*outer, "inner_is_stopped() while true do end").failed_by(ScriptFailure::Kind::kStopped));
}

}  // namespace
}  // namespace moongate
