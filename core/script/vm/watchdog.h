// Stops Lua that runs too long, without costing Lua that does not.
//
// A worker publishes the number of its current run with two plain stores and reads no clock. One thread looks
// at all workers every few milliseconds; when it has seen the same run use more CPU time than the budget, it
// sends that worker a signal, whose handler puts a hook into the worker's VM that raises an error at every
// instruction. The hook stays until the run is over: `while true do pcall(f) end` ends like any other loop.
// It needs the JIT off, since compiled traces look at no hook (on Debian's LuaJIT, whichever way the hook is
// set).
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

struct lua_State;

namespace moongate {

class Watchdog;

// A worker thread under watch. Made and destroyed on that thread; at most one per thread.
class WatchedThread {
 public:
  ~WatchedThread();
  WatchedThread(const WatchedThread&) = delete;
  WatchedThread& operator=(const WatchedThread&) = delete;

  // One uninterrupted stretch of Lua: from a resume to its return. Nests (a policy test runs Lua that runs a
  // policy); time spent in the inner run counts for the inner one.
  class Run {
   public:
    // `watched` may be null: nobody watches then.
    Run(WatchedThread* watched, lua_State* state) : watched_(watched) {
      if (watched_ != nullptr) begin(state);
    }
    ~Run() {
      if (watched_ != nullptr) end();
    }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    // Whether the watchdog has stopped this run. A hook that catches the error has failed all the same.
    bool stopped() const;

   private:
    void begin(lua_State* state);
    void end();
    WatchedThread* watched_;
    lua_State* outer_ = nullptr;
  };

  // For loops of our own C functions, in which no hook is called: true when the run is to end.
  bool stop_requested() const { return stopped_.load(std::memory_order_relaxed); }

 private:
  friend class Watchdog;
  explicit WatchedThread(Watchdog& watchdog);
  static void on_signal(int);

  Watchdog& watchdog_;
  pthread_t thread_;
  clockid_t cpu_clock_{};

  // Written by the worker, read by the watchdog and by the signal handler (which runs on the worker, so that
  // it sees stores in program order).
  std::atomic<std::uint64_t> run_{0};
  std::atomic<lua_State*> state_{nullptr};  // null: no Lua is running
  std::atomic<bool> stopped_{false};
  // Written by the watchdog: the run to stop. A signal that comes late finds another run and does nothing.
  std::atomic<std::uint64_t> stop_run_{0};

  // The watchdog's own, under its mutex.
  std::uint64_t seen_run_ = 0;
  std::int64_t seen_cpu_ns_ = 0;
};

class Watchdog {
 public:
  // Runs that use more than `budget_ms` of their thread's CPU time are stopped, at the latest a fifth later
  // (and whatever the scheduler adds). Takes SIGURG for the whole process; asks for a raised priority and
  // does without where that is not allowed.
  explicit Watchdog(int budget_ms);
  ~Watchdog();  // after every WatchedThread is gone

  // For the calling thread.
  std::unique_ptr<WatchedThread> watch_this_thread();

  int budget_ms() const { return budget_ms_; }

 private:
  friend class WatchedThread;
  void watch();
  void look_at(WatchedThread& watched);
  void forget(WatchedThread& watched);

  const int budget_ms_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::vector<WatchedThread*> watched_;
  std::thread thread_;
};

}  // namespace moongate
