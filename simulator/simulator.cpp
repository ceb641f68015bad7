#include "simulator/simulator.h"

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <thread>
#include <unordered_set>

#include "net/address.h"
#include "net/reactor.h"
#include "simulator/connection.h"
#include "simulator/world.h"

namespace moongate {
namespace {

constexpr int kBacklog = 4096;
constexpr MonoMs kAcceptAgainMs = 100;  // after running out of descriptors

}  // namespace

struct Simulator::Impl {
  Impl(const Options& o, RsaPrivateKey key, std::vector<RsaPublicKey> keys)
      : options(o),
        clock(o.clock != nullptr ? *o.clock : system_clock),
        world(clock, o.accept_any_token, std::move(key), std::move(keys)),
        reactor(clock),
        accept_signal(reactor) {}

  Task<void> accept_all();
  Task<void> serve(int fd);
  void begin_stop();
  void stop_when_idle() {
    if (stopping && !accepting && connections.empty()) reactor.stop();
  }

  const Options options;
  const SystemClock system_clock;
  const Clock& clock;
  sim::World world;
  std::unique_ptr<TlsServer> tls;
  Address bound;

  // From here on the thread's own.
  Reactor reactor;
  Signal accept_signal;
  Socket listener;
  std::unordered_set<sim::Connection*> connections;
  bool accepting = true, stopping = false;

  std::thread thread;
};

Task<void> Simulator::Impl::accept_all() {
  while (!stopping) {
    Address peer;
    const int fd = accept_on(listener.fd(), peer);
    if (fd >= 0) {
      spawn(serve(fd));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      co_await accept_signal.wait();
    } else if (errno != EINTR && errno != ECONNABORTED) {
      if (options.log != nullptr) {
        options.log->warn("The simulator cannot accept a connection; it tries again",
                          {LogField("reason", std::strerror(errno))});
      }
      co_await accept_signal.wait(reactor.now_ms() + kAcceptAgainMs);
    }
  }
  listener.close();
  accepting = false;
  stop_when_idle();
}

Task<void> Simulator::Impl::serve(int fd) {
  ++world.open_connections;
  {
    sim::Connection connection(world, reactor, fd, ++world.connections);
    connections.insert(&connection);
    co_await connection.serve(tls.get());
    connections.erase(&connection);
  }
  --world.open_connections;
  stop_when_idle();
}

void Simulator::Impl::begin_stop() {
  stopping = true;
  accept_signal.notify();
  for (sim::Connection* each : connections) each->close_both();
  stop_when_idle();
}

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Simulator>> Simulator::start(const Options& options) {
  auto key = options.service_account_key_pem.empty()
                 ? RsaPrivateKey::generate()
                 : RsaPrivateKey::from_pem(options.service_account_key_pem);
  if (!key) return key.error().wrap("the simulator's service account key is of no use");
  std::vector<RsaPublicKey> keys{key->public_key()};
  for (const std::string& pem : options.trusted_public_keys_pem) {
    auto trusted = RsaPublicKey::from_pem(pem);
    if (!trusted) return trusted.error().wrap("a key that the simulator is to trust is of no use");
    keys.push_back(std::move(*trusted));
  }
  const auto address = parse_address(options.listen);
  if (!address) return address.error();
  auto impl = std::make_unique<Impl>(options, std::move(*key), std::move(keys));
  if (!options.tls_certificate_file.empty()) {
    TlsServer::Options tls;
    tls.certificate_file = options.tls_certificate_file;
    tls.key_file = options.tls_key_file;
    auto server = TlsServer::create(tls);
    if (!server) return server.error();
    impl->tls = std::move(*server);
  }
  const auto fd = listen_on(*address, kBacklog, false, "simulator.listen");
  if (!fd) return fd.error();
  impl->bound = local_address(*fd);
  if (!impl->listener.open(impl->reactor, *fd, false)) {
    return Error(ErrorKind::kInternal,
                 "the simulator's listening socket cannot be watched: out of memory or watches");
  }
  impl->listener.set_signal(&impl->accept_signal);
  Impl* running = impl.get();
  impl->thread = std::thread([running] {
    spawn(running->accept_all());
    running->reactor.run();
  });
  if (options.log != nullptr)
    options.log->info("The simulator listens", {LogField("address", impl->bound.text())});
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

Simulator::~Simulator() {
  impl_->reactor.post([impl = impl_.get()] { impl->begin_stop(); });
  impl_->thread.join();
}

std::string Simulator::address() const { return impl_->bound.text(); }

std::string Simulator::url() const { return (impl_->tls != nullptr ? "https://" : "http://") + address(); }

std::string Simulator::service_account_private_key_pem() const { return impl_->world.key.pem().reveal(); }

std::string Simulator::service_account_json() const {
  namespace json = boost::json;
  const std::string email = "simulator@simulated-project.iam.gserviceaccount.com";
  return json::serialize(
      json::object{{"type", "service_account"},
                   {"project_id", "simulated-project"},
                   {"private_key_id", "simulator"},
                   {"private_key", service_account_private_key_pem()},
                   {"client_email", email},
                   {"client_id", "100000000000000000001"},
                   {"auth_uri", "https://accounts.google.com/o/oauth2/auth"},
                   {"token_uri", url() + "/token"},
                   {"auth_provider_x509_cert_url", "https://www.googleapis.com/oauth2/v1/certs"},
                   {"client_x509_cert_url", url() + "/robot/v1/metadata/x509/" + email},
                   {"universe_domain", "googleapis.com"}});
}

}  // namespace moongate
