// A bounded set of connections to a server that may go away and come back.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/sql_driver.h"

namespace moongate {

class PooledConnection : public SqlConnection {
 public:
  virtual void lend() = 0;             // a new user has it
  virtual bool broken() const = 0;     // its server was lost: it must not be used again
  virtual bool untouched() const = 0;  // since lend() nothing can have been executed
  virtual bool alive() = 0;            // asks the server
};

struct PoolLimits {
  int connections = 4;
  std::int64_t wait_ms = 5000;  // for a connection to become free
  int failures = 3;             // in a row, before nobody is let through for a while
  std::int64_t first_pause_ms = 250;
  std::int64_t longest_pause_ms = 5000;
  std::int64_t check_idle_ms = 500;  // a connection that was idle for longer is asked before it is lent
};

// Connections are made when they are needed and kept. A lost one is dropped, and with it those that are idle,
// which have most likely lost the same server. After `failures` in a row the answer is kUnavailable at once,
// for a pause that doubles each time; then one caller at a time may try.
class ConnectionPool final : public SqlDriver {
 public:
  using Connect = std::function<Result<std::unique_ptr<PooledConnection>>()>;
  // `describe` names the server in messages.
  ConnectionPool(std::string name, std::string describe, Connect connect, PoolLimits limits,
                 std::shared_ptr<const Clock> clock);
  ~ConnectionPool() override;

  Status run(const std::function<Status(SqlConnection&)>& use) override;
  std::string_view name() const override { return name_; }

 private:
  using Connection = std::unique_ptr<PooledConnection>;
  struct Idle {
    Connection connection;
    MonoMs since_ms = 0;
  };
  class Loan;

  Result<Connection> borrow();
  // Whether this caller may try to reach the server; with the lock held.
  Status admitted();
  Result<Connection> connected();
  void give_back(Connection connection);
  void failed(const std::string& why);  // with the lock held

  const std::string name_;
  const std::string describe_;
  const Connect connect_;
  const PoolLimits limits_;
  const std::shared_ptr<const Clock> clock_;

  std::mutex mutex_;  // guards everything below
  std::condition_variable free_;
  std::vector<Idle> idle_;
  int open_ = 0;  // lent, idle and being made
  int failures_ = 0;
  bool probing_ = false;
  MonoMs closed_until_ms_ = 0;
  std::int64_t pause_ms_ = 0;
  std::string last_failure_;
};

}  // namespace moongate
