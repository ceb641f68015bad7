#include "http/control_server.h"

#include <unistd.h>

#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>
#include <thread>

#include "http/head.h"
#include "net/address.h"
#include "net/local_socket.h"

namespace moongate {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Protocol = asio::generic::stream_protocol;  // TCP, and sockets of this machine
using Acceptor = asio::basic_socket_acceptor<Protocol>;

constexpr int kIdleMs = 60'000;
constexpr std::uint32_t kHeadBytes = 64 * 1024;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

std::string error_json(int status, std::string_view message) {
  std::string body = "{\"error\":{\"code\":" + std::to_string(status) + ",\"message\":\"";
  append_json_escaped(body, message);
  return body + "\"}}\n";
}

}  // namespace

struct ControlServer::State {
  class Connection;

  State(const Options& o, HttpHandler h, const Logger& l)
      : options(o), handler(std::move(h)), logger(l), acceptor(io), local(io), handlers(static_cast<std::size_t>(o.handler_threads)) {}

  void accept(Acceptor& from);
  void take(Protocol::socket socket, bool is_local);

  const Options options;
  const HttpHandler handler;
  const Logger& logger;
  asio::io_context io{1};
  Acceptor acceptor;
  Acceptor local;
  asio::thread_pool handlers;
  std::atomic<int> connections{0};
  std::atomic<int> queued{0};
  std::thread thread;
};

// Reads a request, hands it to a handler thread, writes what comes back, and again.
class ControlServer::State::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(State& state, Protocol::socket socket, std::string remote, bool trusted)
      : state_(state), stream_(std::move(socket)), remote_(std::move(remote)), trusted_(trusted) {
    state_.connections.fetch_add(1);
  }
  ~Connection() { state_.connections.fetch_sub(1); }

  void read(int timeout_ms) {
    parser_.emplace();
    parser_->header_limit(kHeadBytes);
    parser_->body_limit(state_.options.max_body_bytes);
    stream_.expires_after(std::chrono::milliseconds(timeout_ms));
    beast::http::async_read_header(stream_, buffer_, *parser_,
                                   [self = shared_from_this()](beast::error_code ec, std::size_t) {
                                     self->on_head(ec);
                                   });
  }

 private:
  void on_head(beast::error_code ec) {
    if (ec) return refuse(ec);
    stream_.expires_after(std::chrono::milliseconds(state_.options.request_timeout_ms));
    if (view(parser_->get()[beast::http::field::expect]).size() > 0) {
      interim_ = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(interim_),
                        [self = shared_from_this()](beast::error_code failed, std::size_t) {
                          if (!failed) self->read_body();
                        });
      return;
    }
    read_body();
  }

  void read_body() {
    beast::http::async_read(stream_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code ec, std::size_t) { self->on_request(ec); });
  }

  void refuse(beast::error_code ec) {
    if (ec == beast::http::error::end_of_stream || ec == beast::error::timeout) return close();
    if (ec.category() != beast::http::make_error_code(beast::http::error::bad_line_ending).category()) return;
    close_after_ = true;
    const bool too_large = ec == beast::http::error::body_limit || ec == beast::http::error::header_limit;
    const int status = too_large ? 413 : 400;
    write(HttpResponse::json(status, error_json(status, too_large ? "The request is too large."
                                                                  : "The request is malformed: " + ec.message())));
  }

  void on_request(beast::error_code ec) {
    if (ec) return refuse(ec);
    stream_.expires_never();
    auto message = parser_->release();
    HttpRequest request;
    request.method = view(message.method_string());
    const std::string_view target = view(message.target());
    const std::size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) request.query = target.substr(question + 1);
    for (const auto& field : message) request.headers.emplace_back(view(field.name_string()), view(field.value()));
    request.body = std::move(message.body());
    request.remote_address = remote_;
    request.trusted = trusted_;
    head_only_ = request.method == "HEAD";
    close_after_ = !message.keep_alive();
    if (request.path.empty() || request.path[0] != '/') {
      close_after_ = true;
      return write(HttpResponse::json(400, error_json(400, "The request target must be a path.")));
    }
    if (state_.queued.fetch_add(1) >= state_.options.max_queued) {
      state_.queued.fetch_sub(1);
      return write(HttpResponse::json(503, error_json(503, "Too many requests at once; try again shortly.")));
    }
    asio::post(state_.handlers, [self = shared_from_this(), request = std::move(request)] {
      HttpResponse response;
      try {
        response = self->state_.handler(request);
      } catch (const std::exception& problem) {
        self->state_.logger.error("a control-plane handler failed", {{"path", request.path}, {"reason", problem.what()}});
        response = HttpResponse::json(500, error_json(500, "Internal error; the gateway's log says more."));
      }
      self->state_.queued.fetch_sub(1);
      asio::post(self->state_.io, [self, response = std::move(response)]() mutable { self->write(std::move(response)); });
    });
  }

  void write(HttpResponse response) {
    out_ = "HTTP/1.1 " + std::to_string(response.status) + " ";
    out_ += reason_phrase(response.status);
    out_ += "\r\n";
    for (const auto& [name, value] : response.headers) {
      if (value.find_first_of("\r\n") != std::string::npos) continue;  // nothing splits our head
      out_ += name + ": " + value + "\r\n";
    }
    if (response.status != 204 && response.status != 304) {
      out_ += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    }
    out_ += close_after_ ? "Connection: close\r\n\r\n" : "\r\n";
    if (!head_only_) out_ += response.body;
    stream_.expires_after(std::chrono::milliseconds(state_.options.request_timeout_ms));
    asio::async_write(stream_, asio::buffer(out_), [self = shared_from_this()](beast::error_code ec, std::size_t) {
      if (ec) return;
      if (self->close_after_) return self->close();
      self->read(kIdleMs);
    });
  }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(Protocol::socket::shutdown_send, ignored);
  }

  State& state_;
  beast::basic_stream<Protocol> stream_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  std::string remote_;
  bool trusted_;
  std::string interim_;
  std::string out_;
  bool close_after_ = false;
  bool head_only_ = false;
};

void ControlServer::State::accept(Acceptor& from) {
  from.async_accept([this, &from](beast::error_code ec, Protocol::socket socket) {
    if (ec == asio::error::operation_aborted) return;
    if (!ec && connections.load() < options.max_connections) take(std::move(socket), &from == &local);
    accept(from);
  });
}

void ControlServer::State::take(Protocol::socket socket, bool is_local) {
  std::string remote;
  if (is_local) {
    const std::optional<uid_t> user = local_peer(socket.native_handle());
    if (!user || (*user != 0 && *user != geteuid())) {
      logger.warn("a process of another user was turned away from the local socket", {{"uid", user ? std::to_string(*user) : "unknown"}});
      return;
    }
    remote = "local, user " + std::to_string(*user);
  } else {
    Address peer;
    peer.size = sizeof peer.storage;
    getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&peer.storage), &peer.size);
    remote = peer.host();
    beast::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  std::make_shared<Connection>(*this, std::move(socket), std::move(remote), is_local)->read(options.request_timeout_ms);
}

ControlServer::ControlServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::start(const Options& options, HttpHandler handler,
                                                            const Logger& logger) {
  auto state = std::make_unique<State>(options, std::move(handler), logger);
  const int family = local_address(options.listener).storage.ss_family;
  beast::error_code ec;
  state->acceptor.assign(Protocol(family, IPPROTO_TCP), options.listener, ec);
  if (!ec && options.local_listener >= 0) state->local.assign(Protocol(AF_UNIX, 0), options.local_listener, ec);
  if (ec) return Error(ErrorKind::kInternal, "cannot serve the control port: " + ec.message());
  state->accept(state->acceptor);
  if (options.local_listener >= 0) state->accept(state->local);
  state->thread = std::thread([raw = state.get()] { raw->io.run(); });
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(state)));
}

ControlServer::~ControlServer() {
  asio::post(state_->io, [this] {
    beast::error_code ignored;
    state_->acceptor.close(ignored);
    state_->local.close(ignored);
  });
  state_->handlers.join();
  state_->io.stop();
  state_->thread.join();
}

}  // namespace moongate
