#include "script/vm/watchdog.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "base/thread_name.h"
#include "script/vm/lua_headers.h"

namespace moongate {
namespace {

// SIGURG is ignored by default, so a stray one harms nobody, and nothing here uses out-of-band data.
constexpr int kSignal = SIGURG;

constinit thread_local WatchedThread* watched_here = nullptr;

// Keeps the compiler from moving stores across the place where a signal may look.
void order_stores() { std::atomic_signal_fence(std::memory_order_seq_cst); }

void stop_hook(lua_State* L, lua_Debug* ar) {
  // The hook is not taken out: whoever catches this error meets it again at the next instruction.
  if (lua_getinfo(L, "Sl", ar) != 0 && ar->currentline > 0) {
    luaL_error(L, "%s:%d: stopped: the policy used more CPU time than policy.hook_budget_ms allows",
               ar->short_src, ar->currentline);
  }
  luaL_error(L, "stopped: the policy used more CPU time than policy.hook_budget_ms allows");
}

std::int64_t read_ns(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return -1;
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// A watchdog that has to queue behind the loop it should stop comes too late. Neither call is allowed to
// everyone.
void raise_priority() {
  sched_param param{};
  param.sched_priority = 1;
  if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0) return;
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), -10);
}

}  // namespace

WatchedThread::WatchedThread(Watchdog& watchdog) : watchdog_(watchdog), thread_(pthread_self()) {
  pthread_getcpuclockid(thread_, &cpu_clock_);
  watched_here = this;
}

WatchedThread::~WatchedThread() {
  watchdog_.forget(*this);
  watched_here = nullptr;
}

void WatchedThread::on_signal(int) {
  const int saved_errno = errno;
  WatchedThread* self = watched_here;
  if (self != nullptr && !self->stopped_.load(std::memory_order_relaxed) &&
      self->stop_run_.load(std::memory_order_relaxed) == self->run_.load(std::memory_order_relaxed)) {
    if (lua_State* state = self->state_.load(std::memory_order_relaxed)) {
      self->stopped_.store(true, std::memory_order_relaxed);
      lua_sethook(state, stop_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
    }
  }
  errno = saved_errno;
}

void WatchedThread::Run::begin(lua_State* state) {
  WatchedThread& w = *watched_;
  outer_ = w.state_.load(std::memory_order_relaxed);
  // The number first: a signal in between finds a run that nobody wants stopped.
  w.run_.store(w.run_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  order_stores();
  w.state_.store(state, std::memory_order_relaxed);
  order_stores();
}

void WatchedThread::Run::end() {
  WatchedThread& w = *watched_;
  order_stores();
  w.run_.store(w.run_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  order_stores();
  // From here on no signal sets the hook.
  if (w.stopped_.load(std::memory_order_relaxed)) {
    lua_sethook(w.state_.load(std::memory_order_relaxed), nullptr, 0, 0);
    w.stopped_.store(false, std::memory_order_relaxed);
  }
  w.state_.store(outer_, std::memory_order_relaxed);
}

bool WatchedThread::Run::stopped() const {
  return watched_ != nullptr && watched_->stopped_.load(std::memory_order_relaxed);
}

Watchdog::Watchdog(int budget_ms) : budget_ms_(std::max(budget_ms, 1)) {
  struct sigaction action{};
  action.sa_handler = WatchedThread::on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(kSignal, &action, nullptr);
  thread_ = std::thread([this] {
    name_this_thread("watchdog");
    watch();
  });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::unique_ptr<WatchedThread> Watchdog::watch_this_thread() {
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, kSignal);
  pthread_sigmask(SIG_UNBLOCK, &mine, nullptr);
  std::unique_ptr<WatchedThread> watched(new WatchedThread(*this));
  std::lock_guard lock(mutex_);
  watched_.push_back(watched.get());
  return watched;
}

void Watchdog::forget(WatchedThread& watched) {
  std::lock_guard lock(mutex_);
  std::erase(watched_, &watched);
}

void Watchdog::watch() {
  raise_priority();
  const auto period = std::chrono::milliseconds(std::clamp(budget_ms_ / 5, 1, 10));
  std::unique_lock lock(mutex_);
  while (!ending_) {
    wake_.wait_for(lock, period);
    for (WatchedThread* watched : watched_) look_at(*watched);
  }
}

void Watchdog::look_at(WatchedThread& w) {
  const std::uint64_t run = w.run_.load(std::memory_order_relaxed);
  if (w.state_.load(std::memory_order_relaxed) == nullptr) return;
  const std::int64_t cpu_ns = read_ns(w.cpu_clock_);
  if (run != w.seen_run_) {
    w.seen_run_ = run;
    w.seen_cpu_ns_ = cpu_ns;
    return;
  }
  if (cpu_ns - w.seen_cpu_ns_ > std::int64_t{budget_ms_} * 1'000'000) {
    w.stop_run_.store(run, std::memory_order_relaxed);
    pthread_kill(w.thread_, kSignal);
  }
}

}  // namespace moongate
