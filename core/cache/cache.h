// A small key-value store with deadlines, for what may be lost at any time: found identities, tokens, counters.
// One contract, two homes: this process, or a Redis that several gateways share.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "net/reactor.h"
#include "net/resolver.h"
#include "net/task.h"

namespace moongate {

// Of all workers together, since the start. Gauges are marked.
struct CacheCounters {
  std::uint64_t commands = 0;    // Redis: commands asked for
  std::uint64_t failures = 0;    // Redis: of these, those that failed
  std::uint64_t timeouts = 0;    // Redis: of these, because it was slower than the time allowed
  std::uint64_t reconnects = 0;  // Redis: connections made after a worker's first
  std::uint64_t connected = 0;   // gauge; Redis: workers whose connection is up
  std::uint64_t entries = 0;     // gauge; in-process
  std::uint64_t bytes = 0;       // gauge; in-process
  std::uint64_t evictions = 0;   // in-process: live entries that had to make room
};

// A Lua script for Redis: atomic among all who share it. Make one for the life of the program.
class CacheScript {
 public:
  explicit CacheScript(std::string text);
  const std::string& text() const { return text_; }
  const std::string& sha1() const { return sha1_; }

 private:
  std::string text_;
  std::string sha1_;
};

// One worker's access to the cache. Every call is made on the worker's thread.
//
// Keys are 1 to kMaxKey bytes, values 0 to kMaxValue, both of any bytes. `ttl_ms` > 0: the entry is gone after so
// long; 0: it has no deadline. Any entry may vanish earlier (memory is bounded; Redis may lose it), so nothing may
// be kept here alone.
//
// Two ways to ask. try_…() answers at once or says false and has done nothing: the in-process cache always answers
// (unless an argument is not allowed), Redis never does. The task of the same name suspends when it has to:
//
//     if (!cache.try_get(key, found)) { auto answer = co_await cache.get(key); … }
//
// What is passed must live until the task ends. Failures of all tasks: kInvalid (an argument beyond the bounds above;
// incr on something that is no 64-bit integer, or past its range; a key that holds another Redis type) and
// kUnavailable (Redis is away, out of memory, or slower than cache.timeout_ms; the task ends within that time
// and 10 ms, and at once while Redis is known to be away or owes an answer that is overdue). After kUnavailable it
// is not known whether a change happened. A task cannot be cancelled; it ends by itself in that time.
class Cache {
 public:
  static constexpr std::size_t kMaxKey = 1024;
  static constexpr std::size_t kMaxValue = 1 << 20;

  // No task may be under way. The reactor must turn once more afterwards, to end what runs behind the scenes.
  virtual ~Cache() = default;

  // The value, or nullopt when there is none (any more).
  virtual bool try_get(std::string_view, std::optional<std::string>&) { return false; }
  virtual Task<Result<std::optional<std::string>>> get(std::string_view key) = 0;

  // Puts the value in place of whatever was there, its deadline included.
  virtual bool try_set(std::string_view, std::string_view, std::int64_t) { return false; }
  virtual Task<Status> set(std::string_view key, std::string_view value, std::int64_t ttl_ms) = 0;

  // Puts the value only if there is none; one atomic step among all who share the cache. Whether it was put.
  virtual bool try_add(std::string_view, std::string_view, std::int64_t, bool&) { return false; }
  virtual Task<Result<bool>> add(std::string_view key, std::string_view value, std::int64_t ttl_ms) = 0;

  // Removes it. Whether it was there.
  virtual bool try_erase(std::string_view, bool&) { return false; }
  virtual Task<Result<bool>> erase(std::string_view key) = 0;

  // Adds `by` to the integer (decimal text, as get() shows it), 0 when there was none; then, and only then, it gets
  // `ttl_ms_if_new`. One atomic step. The sum. The try is false also for a value that is no integer.
  virtual bool try_incr(std::string_view, std::int64_t, std::int64_t, std::int64_t&) { return false; }
  virtual Task<Result<std::int64_t>> incr(std::string_view key, std::int64_t by, std::int64_t ttl_ms_if_new) = 0;

  // Whether there is a place to run scripts; the in-process cache has none, and what needs atomic steps of many keys there
  // keeps its own state.
  virtual bool scripts() const { return false; }
  // Runs the script; its answer is an array of integers (as such, or as decimal text where they need all 64 bits), nested
  // ones are taken flat. KEYS come with this cache's prefix before them. Failures: kInvalid (no scripts here; a bad key;
  // the script failed, which is a bug) and kUnavailable, as for the others, except that a Redis which does not know the
  // script yet is asked twice. Commands and scripts of one worker reach Redis in the order in which they were asked for.
  virtual Task<Result<std::vector<std::int64_t>>> eval(const CacheScript& script, std::span<const std::string_view> keys,
                                                       std::span<const std::string_view> args);

  // To every subscription of this channel, in all processes that share the cache; nobody keeps it for later.
  virtual Task<Status> publish(std::string_view channel, std::string_view message) = 0;

  // Whether commands are accepted now (for readiness; the in-process cache always is).
  virtual bool available() const { return true; }
};

// Ends when destroyed, on its reactor's thread; nothing is called afterwards.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

struct SubscriptionHandler {
  std::function<void(std::string_view message)> on_message;
  // Redis: each time the subscription has begun, the first included: what was published before was missed. In-process:
  // never.
  std::function<void()> on_begin;
};

// What is common to all workers. Thread-safe; outlives the caches and subscriptions made by it.
class CacheFactory {
 public:
  virtual ~CacheFactory() = default;
  // A worker's cache, living on its reactor's thread. Call it there, or before the reactor runs. Redis: begins to
  // connect; an error is only that of TLS set-up.
  virtual Result<std::unique_ptr<Cache>> make(Reactor& reactor) = 0;
  // Calls the handler for every message to the channel, on the reactor's thread. Redis: on a connection of its own, which is
  // made again with back-off when it is lost. As with make(), an error is only that of TLS set-up.
  virtual Result<std::unique_ptr<Subscription>> subscribe(Reactor& reactor, std::string channel,
                                                          SubscriptionHandler handler) = 0;
  virtual CacheCounters counters() const = 0;
  // Where it is, for logs: "memory", "redis://127.0.0.1:6379/0". Never holds the password.
  virtual std::string describe() const = 0;
};

struct CacheOptions {
  int timeout_ms = 50;                          // cache.timeout_ms
  std::size_t memory_entries = 100000;          // cache.memory_entries
  std::size_t memory_bytes = 64 * 1024 * 1024;  // keys, values and the places they take
  std::string ca_file;                          // rediss://: PEM bundle; empty: the system's
  std::uint64_t seed = 0;                       // random: spreads reconnects, keys the hash
};

// memory:// · redis://[[user]:password@]host[:port][/db] · rediss://… (TLS) · redis+unix://[[user]:password@]/path[?db=n]
// The parts of a password may be percent-encoded. kInvalid names the setting cache.url and what is wrong with it, never
// the password. Nothing is connected yet: a Redis that is away is no error here. What is passed by reference must
// outlive the factory; `log` may be null.
Result<std::unique_ptr<CacheFactory>> open_cache(const std::string& url, const CacheOptions& options,
                                                 Resolver& resolver, const Logger* log);

}  // namespace moongate
