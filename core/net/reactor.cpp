#include "net/reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace moongate {

Signal::~Signal() { queue_link_.unlink(); }

void Signal::notify() {
  if (!waiter_) {
    notified_ = true;
  } else if (!queue_link_.linked()) {
    queue_link_.owner = this;
    queue_link_.insert_before(reactor_.queue_);
  }
}

void Signal::suspend(std::coroutine_handle<> waiter, MonoMs deadline) {
  waiter_ = waiter;
  expired_ = false;
  if (deadline != 0) reactor_.wheel_.set(*this, deadline);
}

bool Signal::finish_wait() {
  reactor_.wheel_.cancel(*this);
  return !std::exchange(expired_, false);
}

void Signal::on_expired() {
  if (!waiter_) return;
  // A notification of the same turn wins: there is something to look at.
  if (queue_link_.linked()) return;
  expired_ = true;
  notify();
}

bool Socket::open(Reactor& reactor, int fd, bool can_write) {
  close();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (epoll_ctl(reactor.epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    ::close(fd);
    return false;
  }
  reactor_ = &reactor;
  fd_ = fd;
  readable = false;
  writable = can_write;
  peer_closed = false;
  return true;
}

void Socket::close() {
  if (fd_ < 0) return;
  ::close(std::exchange(fd_, -1));  // leaves the epoll set by itself: the descriptor is not shared
  signal_ = nullptr;
}

void Socket::reset() {
  if (fd_ < 0) return;
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

Reactor::Reactor(const Clock& clock) : clock_(clock), now_ns_(clock.mono_ns()), wheel_(now_ns_ / 1'000'000) {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;  // marks the wake-up descriptor
  if (epoll_fd_ < 0 || wake_fd_ < 0 || epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) != 0) {
    std::perror("moongate: epoll");
    std::abort();  // no descriptors at start: nothing can run
  }
}

Reactor::~Reactor() {
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

void Reactor::run() {
  while (!stopping()) turn(60'000);
}

void Reactor::turn(int max_wait_ms) {
  std::array<epoll_event, 256> events;
  const bool busy = queue_.linked() || !writers_.empty() || posted_any_.load(std::memory_order_acquire);
  const int wait = busy ? 0 : wheel_.wait_ms(now_ms(), max_wait_ms);
  const int n = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), wait);
  now_ns_ = clock_.mono_ns();

  // First every event is noted, then coroutines run: none of them can destroy a socket that this loop is to touch,
  // and one that is concerned by several events wakes once.
  for (int i = 0; i < n; ++i) {
    auto* socket = static_cast<Socket*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (socket == nullptr) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof count);
      continue;
    }
    const std::uint32_t what = events[static_cast<std::size_t>(i)].events;
    if (what & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) socket->readable = true;
    if (what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) socket->writable = true;
    if (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) socket->peer_closed = true;
    if (socket->signal_ != nullptr) socket->signal_->notify();
  }
  wheel_.advance(now_ms());
  if (posted_any_.load(std::memory_order_acquire)) run_posted();
  resume_queued();
  resume_writers();
  if (turn_end_) turn_end_();
}

void Reactor::resume_writers() {
  // Whoever comes here while the others write (the next request on a kept-alive connection, say) has its turn as well.
  while (!writers_.empty()) {
    resuming_.swap(writers_);
    for (const std::coroutine_handle<> each : resuming_) each.resume();
    resuming_.clear();
  }
}

void Reactor::resume_queued() {
  if (!queue_.linked()) return;
  // Only those queued by now: who is notified meanwhile comes after the next look at the sockets.
  TimerLink batch;
  batch.insert_before(queue_);
  queue_.unlink();
  while (batch.linked()) {
    Signal& signal = *static_cast<Signal::QueueLink*>(batch.next)->owner;
    signal.queue_link_.unlink();
    std::exchange(signal.waiter_, {}).resume();
  }
}

void Reactor::post(std::function<void()> work) {
  {
    std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  if (!posted_any_.exchange(true, std::memory_order_acq_rel)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = ::write(wake_fd_, &one, sizeof one);
  }
}

void Reactor::run_posted() {
  std::vector<std::function<void()>> work;
  {
    std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
    posted_any_.store(false, std::memory_order_release);
  }
  for (auto& each : work) each();
}

void Reactor::stop() {
  post([this] { stopping_.store(true, std::memory_order_relaxed); });
}

}  // namespace moongate
