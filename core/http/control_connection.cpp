#include "http/control_connection.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "http/response_text.h"
#include "http/web_socket_session.h"

namespace moongate {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

constexpr int kIdleMs = 60'000;
constexpr std::uint32_t kHeadBytes = 64 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

HttpRequest request_of(http::request<http::string_body>&& message) {
  HttpRequest request;
  request.method = view(message.method_string());
  const std::string_view target = view(message.target());
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  for (const auto& field : message) request.headers.emplace_back(view(field.name_string()), view(field.value()));
  request.body = std::move(message.body());
  return request;
}

}  // namespace

ControlConnection::ControlConnection(ControlParts& parts, ControlProtocol::socket socket, std::string remote, bool trusted)
    : parts_(parts), stream_(std::move(socket)), remote_(std::move(remote)), trusted_(trusted) {
  parts_.connections.fetch_add(1);
}

ControlConnection::~ControlConnection() {
  parts_.long_lived.erase(this);
  parts_.connections.fetch_sub(1);
}

void ControlConnection::read(int timeout_ms) {
  parser_.emplace();
  parser_->header_limit(kHeadBytes);
  parser_->body_limit(parts_.options.max_body_bytes);
  stream_.expires_after(std::chrono::milliseconds(timeout_ms));
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](Error ec, std::size_t) { self->on_head(ec); });
}

void ControlConnection::on_head(Error ec) {
  if (ec) return refuse(ec);
  stream_.expires_after(std::chrono::milliseconds(parts_.options.request_timeout_ms));
  if (!parser_->get()[http::field::expect].empty()) {
    interim_ = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(interim_), [self = shared_from_this()](Error failed, std::size_t) {
      if (!failed) self->read_body();
    });
    return;
  }
  read_body();
}

void ControlConnection::read_body() {
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](Error ec, std::size_t) { self->on_request(ec); });
}

void ControlConnection::refuse(Error ec) {
  if (ec == http::error::end_of_stream || ec == boost::beast::error::timeout) return close();
  if (ec.category() != http::make_error_code(http::error::bad_line_ending).category()) return;
  close_after_ = true;
  const bool too_large = ec == http::error::body_limit || ec == http::error::header_limit;
  write(server_refusal(too_large ? 413 : 400,
                       too_large ? "The request is too large." : "The request is malformed: " + ec.message()));
}

void ControlConnection::on_request(Error ec) {
  if (ec) return refuse(ec);
  stream_.expires_never();
  auto message = parser_->release();
  close_after_ = !message.keep_alive();
  http_1_0_ = message.version() < 11;
  if (boost::beast::websocket::is_upgrade(message)) head_ = message.base();
  else head_ = {};
  HttpRequest request = request_of(std::move(message));
  request.remote_address = remote_;
  request.trusted = trusted_;
  head_only_ = request.method == "HEAD";
  if (request.path.empty() || request.path[0] != '/') {
    close_after_ = true;
    return write(server_refusal(400, "The request target must be a path."));
  }
  if (parts_.queued.fetch_add(1) >= parts_.options.max_queued) {
    parts_.queued.fetch_sub(1);
    return write(server_refusal(503, "Too many requests at once; try again shortly."));
  }
  ask_handler(std::move(request));
}

void ControlConnection::ask_handler(HttpRequest request) {
  asio::post(parts_.handlers, [self = shared_from_this(), request = std::move(request)]() mutable {
    HttpResponse response;
    try {
      response = self->parts_.handler(request);
    } catch (const std::exception& problem) {
      self->parts_.logger.error("a control-plane handler failed", {{"path", request.path}, {"reason", problem.what()}});
      response = server_refusal(500, "Internal error; the gateway's log says more.");
    }
    ControlParts& parts = self->parts_;
    parts.queued.fetch_sub(1);
    // The connection goes along, so that it is never this thread that takes the socket down.
    asio::post(parts.io, [self = std::move(self), response = std::move(response)]() mutable {
      self->answer(std::move(response));
    });
  });
}

void ControlConnection::answer(HttpResponse response) {
  if (response.websocket && response.status == 101) return start_websocket(std::move(response));
  if (response.stream || response.later) return start_stream(std::move(response));
  write(std::move(response));
}

void ControlConnection::write(HttpResponse response) {
  out_ = response_head(response, BodyFraming::kLength, close_after_);
  if (!head_only_) out_ += response.body;
  stream_.expires_after(std::chrono::milliseconds(parts_.options.request_timeout_ms));
  asio::async_write(stream_, asio::buffer(out_), [self = shared_from_this()](Error ec, std::size_t) {
    if (ec) return;
    if (self->close_after_) return self->close();
    self->read(kIdleMs);
  });
}

void ControlConnection::next_request() {
  next_ = false;
  read(kIdleMs);
}

void ControlConnection::start_websocket(HttpResponse response) {
  // What a client sends before it knows that this is a WebSocket is no frame.
  if (!boost::beast::websocket::is_upgrade(head_) || buffer_.size() > 0) {
    close_after_ = true;
    return write(server_refusal(400, "This path is a WebSocket: ask for it as RFC 6455 says, and wait for the answer."));
  }
  if (parts_.ending || parts_.websockets.load() >= parts_.options.max_websockets) {
    return write(server_refusal(503, "Too many WebSockets at once; try again later."));
  }
  std::make_shared<WebSocketSession>(parts_, std::move(stream_), std::move(head_))->start(std::move(response));
}

void ControlConnection::close() {
  Error ignored;
  stream_.socket().shutdown(ControlProtocol::socket::shutdown_send, ignored);
}

}  // namespace moongate
