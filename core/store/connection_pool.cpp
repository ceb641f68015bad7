#include "store/connection_pool.h"

#include <algorithm>
#include <chrono>

namespace moongate {

ConnectionPool::ConnectionPool(std::string name, std::string describe, Connect connect, PoolLimits limits,
                               std::shared_ptr<const Clock> clock)
    : name_(std::move(name)),
      describe_(std::move(describe)),
      connect_(std::move(connect)),
      limits_(limits),
      clock_(std::move(clock)) {}

ConnectionPool::~ConnectionPool() = default;

// Gives the connection back whatever becomes of its use.
class ConnectionPool::Loan {
 public:
  Loan(ConnectionPool& pool, Connection connection) : pool_(pool), connection_(std::move(connection)) {}
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  ~Loan() { pool_.give_back(std::move(connection_)); }
  PooledConnection& operator*() { return *connection_; }

 private:
  ConnectionPool& pool_;
  Connection connection_;
};

Status ConnectionPool::run(const std::function<Status(SqlConnection&)>& use) {
  for (bool again = false;; again = true) {
    Result<Connection> connection = borrow();
    if (!connection) return connection.error();
    Loan loan(*this, std::move(*connection));
    (*loan).lend();
    Status done = use(*loan);
    if (again || done || !(*loan).broken() || !(*loan).untouched()) return done;
  }
}

Status ConnectionPool::admitted() {
  if (failures_ < limits_.failures) return {};
  const std::int64_t left_ms = closed_until_ms_ - clock_->mono_ms();
  if (left_ms <= 0 && !probing_) {
    probing_ = true;
    return {};
  }
  return Error(ErrorKind::kUnavailable,
               describe_ + " is away (" + last_failure_ + "); the next attempt is " +
                   (probing_ ? "under way" : "in " + std::to_string(left_ms) + " ms"));
}

Result<ConnectionPool::Connection> ConnectionPool::borrow() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(limits_.wait_ms);
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (!idle_.empty()) {
      Idle idle = std::move(idle_.back());
      idle_.pop_back();
      if (clock_->mono_ms() - idle.since_ms < limits_.check_idle_ms) return std::move(idle.connection);
      lock.unlock();
      if (idle.connection->alive()) return std::move(idle.connection);
      idle.connection.reset();  // talks to the server, so not under the lock
      lock.lock();
      --open_;
      free_.notify_one();
      continue;
    }
    if (Status ok = admitted(); !ok) return ok.error();
    if (open_ < limits_.connections) {
      ++open_;
      lock.unlock();
      return connected();
    }
    probing_ = false;
    if (free_.wait_until(lock, deadline) == std::cv_status::timeout && idle_.empty() &&
        open_ >= limits_.connections) {
      return Error(ErrorKind::kUnavailable, "all " + std::to_string(limits_.connections) +
                                                " connections to " + describe_ + " have been busy for " +
                                                std::to_string(limits_.wait_ms) +
                                                " ms; if that is usual, raise store.connections");
    }
  }
}

Result<ConnectionPool::Connection> ConnectionPool::connected() {
  Result<Connection> made = connect_();
  const std::lock_guard<std::mutex> lock(mutex_);
  probing_ = false;
  if (made) {
    failures_ = 0;
    pause_ms_ = 0;
    return made;
  }
  --open_;
  failed(made.error().message);
  free_.notify_all();
  return made;
}

void ConnectionPool::failed(const std::string& why) {
  last_failure_ = why;
  if (++failures_ < limits_.failures) return;
  pause_ms_ = pause_ms_ == 0 ? limits_.first_pause_ms : std::min(2 * pause_ms_, limits_.longest_pause_ms);
  closed_until_ms_ = clock_->mono_ms() + pause_ms_;
}

void ConnectionPool::give_back(Connection connection) {
  std::vector<Idle> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (connection->broken()) {
      open_ -= 1 + static_cast<int>(idle_.size());
      dropped = std::move(idle_);
      idle_.clear();
      dropped.push_back({std::move(connection), 0});
      free_.notify_all();
    } else {
      idle_.push_back({std::move(connection), clock_->mono_ms()});
      free_.notify_one();
    }
  }
}

}  // namespace moongate
