// What the exchanges of one worker thread share. Everything here lives on that thread unless it says otherwise.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "cache/cache.h"
#include "config/map.h"
#include "config/settings.h"
#include "limits/limiter.h"
#include "meter/access_log.h"
#include "meter/metrics.h"
#include "net/reactor.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "proxy/billing.h"
#include "proxy/body_reader.h"
#include "proxy/exchange.h"
#include "proxy/local_call.h"
#include "proxy/request_watch.h"
#include "proxy/retry_plan.h"
#include "upstream/connection_pool.h"
#include "upstream/token_source.h"
#include "upstream/upstream_state.h"

namespace moongate {

// Shared by all workers, outlives them. Members are thread-safe.
struct Gateway {
  const Clock& clock;
  const Logger& logger;
  Resolver& resolver;
  TokenSource& tokens;
  LineSink& access_sink;
  Metrics& metrics;
  const Settings& settings;
  TlsServer* tls = nullptr;               // nullptr: https is not served
  std::string id_prefix;                  // of request ids: unique to this process
  std::atomic<int> connections{0};        // of clients, all workers
  std::atomic<int> exchanges{0};          // running, all workers
  std::atomic<bool> ready{false};         // readiness as the health paths tell it
  std::atomic<bool> draining{false};
  UpstreamState* upstreams = nullptr;     // nullptr: nothing is learned about accounts (tests)
  LocalService* local = nullptr;          // answers conversations; nullptr: nobody does
};

class ClientConnection;

// One thread's share: loop, listeners, upstream pool, policy.
class Worker {
 public:
  // Makes this worker's policy for the snapshot in force; called on the worker's thread at start and reload.
  Worker(Gateway& gateway, int index);
  ~Worker();
  Worker(const Worker&) = delete;

  // Before run(): takes over a listening socket (one per worker and address, SO_REUSEPORT).
  void add_listener(int fd, bool tls);
  // Runs the loop until drained after stop(). Blocks; this is the worker's thread from now on.
  void run();

  // On this worker's thread. New exchanges begin with this policy; those under way keep theirs. Until the first, no
  // connection is accepted.
  void set_phases(std::shared_ptr<Phases> phases);
  // After run(): lets go of the policy, on the thread that it lived on.
  void drop_phases() { phases_.reset(); }
  // Thread-safe. No more connections are accepted, idle ones close, running exchanges may end until the deadline
  // (milliseconds from now), then they are cut; run() returns after the last one.
  void drain(int deadline_ms);

  // -- for connections and exchanges
  Gateway& gateway;
  const int index;
  Reactor reactor;
  ConnectionPool pool;
  AccessLog access_log;
  MetricsShard& metrics;
  HeadLimits head_limits;
  BodyLimits body_limits;
  Cache* cache = nullptr;       // set before run() by whoever owns it
  Billing billing;
  Limiter* limiter = nullptr;    // set before run() by whoever owns it; null: there are no limits
  bool cache_is_shared = false;  // with other gateways
  std::unique_ptr<RequestWatch> watch;  // set before run(); null: nobody looks on
  RetryBudget retries;
  int reports_under_way = 0;  // telemetry that is being handed on
  // The first of the accounts that were picked for a request was passed over; may be empty.
  std::function<void(Provider, std::string_view model, const Identity&, const Account&)> turn_unused;
  // What GET /v1/models tells of to callers of the OpenAI-compatible face; may be empty.
  std::function<std::vector<ServableModel>(const Identity&)> servable_models;
  std::unordered_map<std::size_t, MonoMs> health_polls;  // when other gateways' notices are looked for next
  // Runs the task beside everything else; run() does not return before it has ended, so it must end by itself soon.
  void run_aside(Task<void> task);
  std::shared_ptr<Phases> phases() const { return phases_; }
  bool draining() const { return draining_; }

  // Heads are reused: their field lists keep their memory.
  std::unique_ptr<RequestHead> take_request_head();
  std::unique_ptr<ResponseHead> take_response_head();
  void give_back(std::unique_ptr<RequestHead> head);
  void give_back(std::unique_ptr<ResponseHead> head);
  std::uint64_t next_request_number() { return ++request_number_; }

  void enter(ClientConnection& connection);
  void leave(ClientConnection& connection);

 private:
  struct Listener;
  Task<void> accept_loop(Listener& listener);
  Task<void> housekeeping();
  void begin_drain(int deadline_ms);

  std::shared_ptr<Phases> phases_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<RequestHead>> request_heads_;
  std::vector<std::unique_ptr<ResponseHead>> response_heads_;
  TimerLink connections_;  // every ClientConnection of this worker
  std::size_t connection_count_ = 0;
  std::uint64_t request_number_ = 0;
  bool draining_ = false;
  MonoMs drain_deadline_ = 0;
  int loops_ = 0;          // accept loops and housekeeping still running
  int aside_ = 0;          // tasks of run_aside
  Signal housekeeping_signal_;
};

}  // namespace moongate
