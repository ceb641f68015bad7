// One worker's connection to Redis: all commands of a turn leave in one write, answers are matched in order, and
// nobody waits longer than the time allowed.
#pragma once

#include <atomic>
#include <coroutine>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "cache/redis_url.h"
#include "cache/redis_wire.h"
#include "net/resolver.h"
#include "net/tls.h"

namespace moongate {

// Written by the worker, read by whoever shows them.
struct RedisCounters {
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> connects{0};
  std::atomic<bool> connected{false};
};

struct RedisClientOptions {
  RedisUrl url;
  int timeout_ms = 50;             // one command, from asking to its answer
  int connect_ms = 2000;           // connecting, TLS, AUTH and SELECT together
  int first_pause_ms = 50;         // before the second attempt to connect; doubles,
  int longest_pause_ms = 5000;     //   up to this; each is cut by a random part of its half
  int give_up_ms = 1000;           // an answer overdue for so long: the connection is taken for dead
  std::size_t max_waiting = 8192;  // commands without an answer
  std::size_t max_unsent_bytes = 8 << 20;
  std::uint64_t seed = 0;
};

class RedisClient {
  class Core;

 public:
  // Begins to connect. `tls` only for rediss://; `log` may be null; the others must outlive the client. The
  // counters are shared with whoever shows them.
  RedisClient(Reactor& reactor, Resolver& resolver, std::unique_ptr<TlsClient> tls, const RedisClientOptions& options,
              std::shared_ptr<RedisCounters> counters, const Logger* log);
  // No call may be under way. The connection's own coroutines end in the reactor's next turns (while a
  // connection is being made: within connect_ms).
  ~RedisClient();
  RedisClient(const RedisClient&) = delete;
  RedisClient& operator=(const RedisClient&) = delete;

  // A command that has been queued. Await it once, at once.
  class [[nodiscard]] Call {
   public:
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    bool await_ready() const noexcept { return !queued_; }
    void await_suspend(std::coroutine_handle<> waiter);
    Result<RedisReply> await_resume() { return std::move(result_); }

   private:
    friend class RedisClient;
    friend class Core;
    Call(Core& core, std::span<const std::string_view> words);
    Core& core_;
    Result<RedisReply> result_ = RedisReply();
    std::coroutine_handle<> waiter_;
    std::uint64_t number_ = 0;
    bool queued_ = false;
  };

  // `words`: the command's name and arguments, any bytes, copied before this returns. The reply is what Redis said,
  // an error reply included. kUnavailable, at once: Redis is away, owes an overdue answer, or too much is queued;
  // later: the connection was lost, or no answer came within timeout_ms. What was queued while connecting and timed out
  // before that was done is never sent.
  Call call(std::span<const std::string_view> words) { return Call(*core_, words); }
  Call call(std::initializer_list<std::string_view> words) { return Call(*core_, std::span(words.begin(), words.size())); }

  // Whether call() would queue.
  bool available() const;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace moongate
