// A worker's connections to upstreams, kept alive between exchanges.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "config/map.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "net/tls.h"

namespace moongate {

// One connection, lent to one exchange at a time.
struct UpstreamConnection {
  Stream stream;
  std::uint32_t served = 0;  // answers read to their end; > 0: kept alive, the peer may close it at any time
  MonoMs idle_since = 0;
};

// Lives on one worker's thread. What it refers to must outlive it.
class ConnectionPool {
 public:
  struct Options {
    int idle_ms = 60'000;
    int idle_per_host = 256;
    std::string ca_file;
  };
  ConnectionPool(Reactor& reactor, Resolver& resolver, Options options);

  // The idle connection to that endpoint that was used last, or nullptr. One that has been closed meanwhile, or that
  // has said something unasked, is thrown away.
  std::unique_ptr<UpstreamConnection> take_idle(const Endpoint& endpoint);
  // A new one: resolved, connected, with TLS verified for the endpoint's host. Its stream's signal is `signal`.
  // kConnect, kTimeout (both Retry::kYes: nothing was sent), kInvalid (the CA bundle).
  Task<Result<std::unique_ptr<UpstreamConnection>>> connect(Endpoint endpoint, Signal& signal, MonoMs deadline);
  // Takes back a connection whose last answer was read to its end and may be used again.
  void give_back(const Endpoint& endpoint, std::unique_ptr<UpstreamConnection> connection);

  // Closes what has been idle for too long. Called now and then by the worker.
  void sweep();
  // Closes all idle connections (drain, changed settings).
  void clear();
  std::size_t idle_count() const { return idle_count_; }

 private:
  struct Key {
    std::string host;
    int port = 0;
    bool tls = false;
    bool operator==(const Key&) const = default;
  };
  struct KeyView {
    std::string_view host;
    int port = 0;
    bool tls = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const KeyView& key) const {
      return std::hash<std::string_view>()(key.host) * 31 + static_cast<std::size_t>(key.port) * 2 + key.tls;
    }
    std::size_t operator()(const Key& key) const { return (*this)(KeyView{key.host, key.port, key.tls}); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Key& a, const Key& b) const { return a == b; }
    bool operator()(const KeyView& a, const Key& b) const {
      return a.host == b.host && a.port == b.port && a.tls == b.tls;
    }
    bool operator()(const Key& a, const KeyView& b) const { return (*this)(b, a); }
  };
  using IdleList = std::vector<std::unique_ptr<UpstreamConnection>>;  // the last used at the back

  Reactor& reactor_;
  Resolver& resolver_;
  const Options options_;
  std::unique_ptr<TlsClient> tls_;  // made at the first TLS connection: loading the CA bundle takes milliseconds
  std::unordered_map<Key, IdleList, Hash, Equal> idle_;
  std::size_t idle_count_ = 0;
};

}  // namespace moongate
