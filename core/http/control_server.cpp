#include "http/control_server.h"

#include <unistd.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <optional>
#include <thread>

#include "base/thread_name.h"
#include "http/control_connection.h"
#include "http/control_parts.h"
#include "net/address.h"
#include "net/local_socket.h"

namespace moongate {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<ControlProtocol>;
using AsioError = boost::system::error_code;

// What WebSockets get to say goodbye when the server ends.
constexpr auto kGoodbye = std::chrono::milliseconds(1000);
constexpr auto kLook = std::chrono::milliseconds(5);

}  // namespace

struct ControlServer::State {
  State(const Options& o, HttpHandler h, const Logger& l)
      : parts(o, std::move(h), l), acceptor(parts.io), local(parts.io), goodbye(parts.io) {}

  void accept(Acceptor& from);
  void take(ControlProtocol::socket socket, bool is_local);
  void end_long_lived(std::chrono::steady_clock::time_point polite_until);

  ControlParts parts;
  Acceptor acceptor;
  Acceptor local;
  asio::steady_timer goodbye;
  std::promise<void> long_lived_ended;
  std::thread thread;
};

void ControlServer::State::accept(Acceptor& from) {
  from.async_accept([this, &from](AsioError ec, ControlProtocol::socket socket) {
    if (ec == asio::error::operation_aborted) return;
    if (!ec && parts.connections.load() < parts.options.max_connections) take(std::move(socket), &from == &local);
    accept(from);
  });
}

void ControlServer::State::take(ControlProtocol::socket socket, bool is_local) {
  std::string remote;
  if (is_local) {
    const std::optional<uid_t> user = local_peer(socket.native_handle());
    if (!user || (*user != 0 && *user != geteuid())) {
      parts.logger.warn("a process of another user was turned away from the local socket", {{"uid", user ? std::to_string(*user) : "unknown"}});
      return;
    }
    remote = "local, user " + std::to_string(*user);
  } else {
    Address peer;
    peer.size = sizeof peer.storage;
    getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.size);
    remote = peer.host();
    AsioError ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  std::make_shared<ControlConnection>(parts, std::move(socket), std::move(remote), is_local)
      ->read(parts.options.request_timeout_ms);
}

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::start(const Options& options, HttpHandler handler,
                                                            const Logger& logger) {
  auto state = std::make_unique<State>(options, std::move(handler), logger);
  const int family = local_address(options.listener).storage.ss_family;
  AsioError ec;
  state->acceptor.assign(ControlProtocol(family, IPPROTO_TCP), options.listener, ec);
  if (!ec && options.local_listener >= 0) state->local.assign(ControlProtocol(AF_UNIX, 0), options.local_listener, ec);
  if (ec) return Error(ErrorKind::kInternal, "cannot serve the control port: " + ec.message());
  state->accept(state->acceptor);
  if (options.local_listener >= 0) state->accept(state->local);
  state->thread = std::thread([raw = state.get()] {
    name_this_thread("control");
    raw->parts.io.run();
  });
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

// Streams end at once, WebSockets after their goodbye; long_lived_ended says that none is left.
void ControlServer::State::end_long_lived(std::chrono::steady_clock::time_point polite_until) {
  if (parts.websockets.load() == 0) return long_lived_ended.set_value();
  if (std::chrono::steady_clock::now() > polite_until) {
    for (EndsWithServer* each : parts.long_lived) each->server_is_gone();
  }
  goodbye.expires_after(kLook);
  goodbye.async_wait([this, polite_until](AsioError) { end_long_lived(polite_until); });
}

ControlServer::~ControlServer() {
  asio::post(state_->parts.io, [this] {
    AsioError ignored;
    state_->acceptor.close(ignored);
    state_->local.close(ignored);
    state_->parts.ending = true;
    for (EndsWithServer* each : state_->parts.long_lived) each->server_ends();
    state_->end_long_lived(std::chrono::steady_clock::now() + kGoodbye);
  });
  state_->long_lived_ended.get_future().wait();
  state_->parts.handlers.join();
  state_->parts.streams.join();
  state_->parts.io.stop();
  state_->thread.join();
}

}  // namespace moongate
