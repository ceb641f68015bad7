// One worker's event loop: sockets in one edge-triggered epoll set, deadlines, and work posted by other threads.
//
// Why not Asio's io_context here: every asynchronous wait costs it an epoll_ctl, and a set nested in it a second
// epoll_wait; docs/decisions/0002-event-loop.md has the measurements.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "net/timer_wheel.h"

namespace moongate {

class Reactor;

// What a coroutine waits on: anything that concerns it (its sockets, its deadline, a completion from elsewhere)
// notifies the one Signal, and it looks at the state of things itself. At most one waiter.
class Signal : private Timer {
 public:
  explicit Signal(Reactor& reactor) : reactor_(reactor) {}
  ~Signal() override;

  // Wakes the waiter in this turn of the loop, or lets the next wait return at once. Same thread only.
  void notify();

  // Suspends until notified (true), or until `deadline` has passed (false; 0: never).
  auto wait(MonoMs deadline = 0) {
    struct Awaiter {
      Signal& signal;
      MonoMs until;
      bool await_ready() { return signal.take(); }
      void await_suspend(std::coroutine_handle<> waiter) { signal.suspend(waiter, until); }
      bool await_resume() { return signal.finish_wait(); }
    };
    return Awaiter{*this, deadline};
  }

  Reactor& reactor() const { return reactor_; }

 private:
  friend class Reactor;
  bool take() {
    const bool was = notified_;
    notified_ = false;
    return was;
  }
  void suspend(std::coroutine_handle<> waiter, MonoMs deadline);
  bool finish_wait();
  void on_expired() override;

  struct QueueLink : moongate::TimerLink {
    Signal* owner = nullptr;
  };

  Reactor& reactor_;
  std::coroutine_handle<> waiter_;
  QueueLink queue_link_;  // in the reactor's queue of those to resume
  bool notified_ = false;
  bool expired_ = false;
};

// A file descriptor in the reactor's set. Closes it on destruction.
class Socket {
 public:
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  // Takes `fd` (non-blocking). `writable`: a connected socket, whose first write need not wait.
  // False: the set would not take it (out of memory or watches); fd is closed then.
  bool open(Reactor& reactor, int fd, bool writable);
  void close();
  // Ends it with a reset, so that the peer can't take what it has for everything.
  void reset();

  int fd() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void set_signal(Signal* signal) { signal_ = signal; }

  // Told by the last event; cleared by whoever finds that there is no more (a short read, EAGAIN).
  bool readable = false;
  bool writable = false;
  bool peer_closed = false;  // FIN or RST seen

 private:
  friend class Reactor;
  Reactor* reactor_ = nullptr;
  Signal* signal_ = nullptr;
  int fd_ = -1;
};

class Reactor {
 public:
  explicit Reactor(const Clock& clock);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs until stop(). On the thread that owns everything registered here.
  void run();
  // One turn: waits at most `max_wait_ms` for events, handles them. For tests and for draining.
  void turn(int max_wait_ms);

  // Thread-safe. The function runs on the loop's thread, in order of posting.
  void post(std::function<void()> work);
  // Thread-safe: run() returns after the current turn. Who still waits then never wakes: end the coroutines first.
  void stop();
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  // Monotonic time as of this turn's beginning: no clock is read.
  MonoMs now_ms() const { return now_ns_ / 1'000'000; }
  std::int64_t now_ns() const { return now_ns_; }
  const Clock& clock() const { return clock_; }

  // Suspends until every coroutine that this turn's events concern has run up to its own such place (or to a wait): who
  // is about to write lets the others read first. The writes of a turn then follow each other closely, and a peer that
  // the first one wakes finds the rest while it is awake; waking a process costs more than all else that a small
  // message costs. A turn with one event delays nothing.
  auto after_reads() {
    struct Awaiter {
      Reactor& reactor;
      bool await_ready() { return false; }
      void await_suspend(std::coroutine_handle<> waiter) { reactor.writers_.push_back(waiter); }
      void await_resume() {}
    };
    return Awaiter{*this};
  }

  // Called once at the end of every turn, before the loop waits (to flush what was batched during it).
  void set_turn_end(std::function<void()> hook) { turn_end_ = std::move(hook); }

 private:
  friend class Signal;
  friend class Socket;
  void resume_queued();
  void resume_writers();
  void run_posted();

  const Clock& clock_;
  int epoll_fd_ = -1;
  int wake_fd_ = -1;
  std::int64_t now_ns_;
  TimerWheel wheel_;
  TimerLink queue_;  // of Signal::QueueLink, to resume after the events of a turn have all been noted
  std::vector<std::coroutine_handle<>> writers_;   // in after_reads()
  std::vector<std::coroutine_handle<>> resuming_;
  std::function<void()> turn_end_;
  std::atomic<bool> stopping_{false};
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> posted_any_{false};
};

}  // namespace moongate
