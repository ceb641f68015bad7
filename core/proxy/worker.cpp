#include "proxy/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/address.h"
#include "proxy/client_connection.h"
#include "proxy/local_reply.h"

namespace moongate {
namespace {

constexpr int kAcceptsPerTurn = 64;
constexpr int kHousekeepingMs = 100;
constexpr int kSweepMs = 5'000;
constexpr int kOutOfFilesMs = 50;
constexpr std::size_t kKeptHeads = 256;

}  // namespace

struct Worker::Listener {
  explicit Listener(Reactor& reactor) : signal(reactor) {}
  Socket socket;
  Signal signal;
  bool tls = false;
};

Worker::Worker(Gateway& g, int number)
    : gateway(g),
      index(number),
      reactor(g.clock),
      pool(reactor, g.resolver,
           {g.settings.upstream.idle_ms, g.settings.upstream.idle_connections, g.settings.upstream.ca_file}),
      access_log(g.access_sink),
      metrics(g.metrics.shard(number)),
      retries(g.settings.upstream.retry_percent),
      housekeeping_signal_(reactor) {
  head_limits.max_bytes = static_cast<std::size_t>(g.settings.limits.head_bytes);
  head_limits.max_fields = static_cast<std::size_t>(g.settings.limits.header_count);
  body_limits.held = static_cast<std::uint64_t>(g.settings.limits.held_body_bytes);
  body_limits.total = static_cast<std::uint64_t>(g.settings.limits.body_bytes);
  body_limits.silence_ms = g.settings.timeouts.body_ms;
}

Worker::~Worker() = default;

void Worker::add_listener(int fd, bool tls) {
  auto listener = std::make_unique<Listener>(reactor);
  if (!listener->socket.open(reactor, fd, false)) return;
  listener->socket.readable = true;
  listener->socket.set_signal(&listener->signal);
  listener->tls = tls;
  listeners_.push_back(std::move(listener));
}

void Worker::run() {
  for (auto& listener : listeners_) spawn(accept_loop(*listener));
  spawn(housekeeping());
  reactor.run();
  access_log.flush();
  if (watch) watch->flush();
}

void Worker::run_aside(Task<void> task) {
  struct Counted {
    static Task<void> run(Task<void> inner, int& count) {
      co_await std::move(inner);
      --count;
    }
  };
  ++aside_;
  spawn(Counted::run(std::move(task), aside_));
}

void Worker::set_phases(std::shared_ptr<Phases> phases) {
  phases_ = std::move(phases);
  for (auto& listener : listeners_) listener->signal.notify();
}

void Worker::drain(int deadline_ms) {
  reactor.post([this, deadline_ms] { begin_drain(deadline_ms); });
}

void Worker::begin_drain(int deadline_ms) {
  draining_ = true;
  drain_deadline_ = reactor.now_ms() + deadline_ms;
  for (auto& listener : listeners_) listener->signal.notify();
  for (TimerLink* each = connections_.next; each != &connections_; each = each->next) {
    auto* connection = static_cast<ClientConnection*>(each);
    if (!connection->in_exchange) connection->signal.notify();
  }
  housekeeping_signal_.notify();
}

Task<void> Worker::accept_loop(Listener& listener) {
  ++loops_;
  const int limit = gateway.settings.limits.connections;
  while (!phases_ && !draining_) co_await listener.signal.wait();
  for (;;) {
    bool out_of_files = false;
    for (int i = 0; phases_ && i < kAcceptsPerTurn && listener.socket.readable; ++i) {
      Address peer;
      const int fd = accept_on(listener.socket.fd(), peer);
      if (fd < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) listener.socket.readable = false;
        else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) out_of_files = true;
        // Anything else concerns the one connection that went away in the queue.
        if (out_of_files) break;
        continue;
      }
      if (gateway.connections.load(std::memory_order_relaxed) >= limit) {
        // Said in a few bytes and without TLS: there is no room to be more polite.
        ReplyHead head;
        head.keep_alive = false;
        head.extra = "Retry-After: 1\r\n";
        if (!listener.tls) {
          const std::string text = render_reply(503, error_body(Dialect::kPlain, {503, "The gateway has no room for more connections (limits.connections).", {}, {}, 1}), "-", head);
          [[maybe_unused]] const ssize_t n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        ::shutdown(fd, SHUT_WR);
        ::close(fd);
        metrics.count_refused_connection();
        continue;
      }
      ClientConnection::serve(*this, fd, peer, listener.tls);
    }
    // While draining, what waits in the queue is still taken; then the listener closes.
    if (draining_ && (!listener.socket.readable || !phases_)) break;
    if (out_of_files) {
      gateway.logger.error("cannot accept connections: out of file descriptors",
                           {{"hint", "raise the open-file limit (ulimit -n) or lower limits.connections"}});
      co_await listener.signal.wait(reactor.now_ms() + kOutOfFilesMs);
      continue;
    }
    if (listener.socket.readable) listener.signal.notify();  // more wait: after a turn of the loop
    co_await listener.signal.wait();
  }
  listener.socket.close();
  --loops_;
}

Task<void> Worker::housekeeping() {
  MonoMs next_sweep = reactor.now_ms() + kSweepMs;
  for (;;) {
    co_await housekeeping_signal_.wait(reactor.now_ms() + kHousekeepingMs);
    access_log.flush();
    if (watch) watch->flush();
    metrics.set_connections(connection_count_, pool.idle_count());
    if (reactor.now_ms() >= next_sweep) {
      pool.sweep();
      next_sweep = reactor.now_ms() + kSweepMs;
    }
    if (!draining_) continue;
    if (reactor.now_ms() >= drain_deadline_) {
      for (TimerLink* each = connections_.next; each != &connections_; each = each->next) {
        auto* connection = static_cast<ClientConnection*>(each);
        connection->aborted = true;
        connection->signal.notify();
      }
    }
    if (connection_count_ == 0 && loops_ == 0 && aside_ == 0) {
      pool.clear();
      if (limiter != nullptr) co_await limiter->close();
      reactor.stop();
      co_return;
    }
  }
}

void Worker::enter(ClientConnection& connection) {
  connection.insert_before(connections_);
  ++connection_count_;
  gateway.connections.fetch_add(1, std::memory_order_relaxed);
}

void Worker::leave(ClientConnection& connection) {
  connection.unlink();
  --connection_count_;
  gateway.connections.fetch_sub(1, std::memory_order_relaxed);
  if (draining_ && connection_count_ == 0) housekeeping_signal_.notify();
}

std::unique_ptr<RequestHead> Worker::take_request_head() {
  if (request_heads_.empty()) {
    auto head = std::make_unique<RequestHead>();
    head->fields.reserve(32);
    return head;
  }
  auto head = std::move(request_heads_.back());
  request_heads_.pop_back();
  head->clear();
  return head;
}

std::unique_ptr<ResponseHead> Worker::take_response_head() {
  if (response_heads_.empty()) {
    auto head = std::make_unique<ResponseHead>();
    head->fields.reserve(32);
    return head;
  }
  auto head = std::move(response_heads_.back());
  response_heads_.pop_back();
  head->clear();
  return head;
}

void Worker::give_back(std::unique_ptr<RequestHead> head) {
  if (request_heads_.size() < kKeptHeads) request_heads_.push_back(std::move(head));
}

void Worker::give_back(std::unique_ptr<ResponseHead> head) {
  if (response_heads_.size() < kKeptHeads) response_heads_.push_back(std::move(head));
}

}  // namespace moongate
