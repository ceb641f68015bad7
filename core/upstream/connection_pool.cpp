#include "upstream/connection_pool.h"

#include <algorithm>

namespace moongate {

ConnectionPool::ConnectionPool(Reactor& reactor, Resolver& resolver, Options options)
    : reactor_(reactor), resolver_(resolver), options_(std::move(options)) {}

std::unique_ptr<UpstreamConnection> ConnectionPool::take_idle(const Endpoint& endpoint) {
  const auto found = idle_.find(KeyView{endpoint.host, endpoint.port, endpoint.tls});
  if (found == idle_.end()) return nullptr;
  IdleList& list = found->second;
  while (!list.empty()) {
    std::unique_ptr<UpstreamConnection> connection = std::move(list.back());
    list.pop_back();
    --idle_count_;
    // TLS peers may send session tickets unasked; only a close is telling there.
    const bool spoke = !connection->stream.tls() && connection->stream.readable();
    if (!connection->stream.peer_closed() && !spoke) return connection;
  }
  return nullptr;
}

Task<Result<std::unique_ptr<UpstreamConnection>>> ConnectionPool::connect(Endpoint endpoint, Signal& signal,
                                                                          MonoMs deadline) {
  auto addresses = co_await resolver_.resolve(signal, endpoint.host, endpoint.port, deadline);
  if (!addresses) co_return addresses.error();
  auto connection = std::make_unique<UpstreamConnection>();
  Status connected = co_await connect_to(connection->stream, signal, *addresses, deadline);
  if (!connected) co_return connected.error();
  if (endpoint.tls) {
    if (!tls_) {
      auto tls = TlsClient::create(options_.ca_file);
      if (!tls) co_return tls.error();
      tls_ = std::move(*tls);
    }
    ssl_st* session = tls_->new_session(endpoint.host, endpoint.authority());
    if (session == nullptr) co_return Error(ErrorKind::kInternal, "TLS: out of memory");
    connection->stream.start_tls(session, false);
    Status shaken = co_await connection->stream.handshake(signal, deadline);
    if (!shaken) {
      Error error = shaken.error().wrap("cannot make a TLS connection to " + endpoint.authority());
      error.source = ErrorSource::kUpstream;
      error.retry = Retry::kYes;
      co_return error;
    }
  }
  co_return connection;
}

void ConnectionPool::give_back(const Endpoint& endpoint, std::unique_ptr<UpstreamConnection> connection) {
  connection->stream.set_signal(nullptr);
  if (connection->stream.peer_closed()) return;
  auto found = idle_.find(KeyView{endpoint.host, endpoint.port, endpoint.tls});
  if (found == idle_.end()) {
    found = idle_.emplace(Key{endpoint.host, endpoint.port, endpoint.tls}, IdleList()).first;
  }
  if (found->second.size() >= static_cast<std::size_t>(options_.idle_per_host)) return;
  ++connection->served;
  connection->idle_since = reactor_.now_ms();
  found->second.push_back(std::move(connection));
  ++idle_count_;
}

void ConnectionPool::sweep() {
  const MonoMs oldest = reactor_.now_ms() - options_.idle_ms;
  for (auto each = idle_.begin(); each != idle_.end();) {
    idle_count_ -= std::erase_if(each->second, [&](const auto& connection) {
      return connection->idle_since < oldest || connection->stream.peer_closed();
    });
    each = each->second.empty() ? idle_.erase(each) : std::next(each);
  }
}

void ConnectionPool::clear() {
  idle_.clear();
  idle_count_ = 0;
}

}  // namespace moongate
