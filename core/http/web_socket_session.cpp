#include "http/web_socket_session.h"

#include <boost/asio/post.hpp>

namespace moongate {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

constexpr auto kCloseTime = std::chrono::seconds(5);   // for the client's part of closing
constexpr auto kSendTime = std::chrono::seconds(30);   // for one message to be taken by the client
constexpr int kWrongType = 1003;
constexpr int kServerEnds = 1001;

}  // namespace

WebSocketSession::WebSocketSession(ControlParts& parts, Stream stream, boost::beast::http::request_header<> head)
    : parts_(parts), socket_(std::move(stream)), request_(std::move(head)), patience_(parts.io) {
  parts_.connections.fetch_add(1);
  parts_.websockets.fetch_add(1);
  parts_.long_lived.insert(this);
}

WebSocketSession::~WebSocketSession() {
  parts_.long_lived.erase(this);
  parts_.websockets.fetch_sub(1);
  parts_.connections.fetch_sub(1);
}

void WebSocketSession::start(HttpResponse response) {
  handler_ = std::move(response.websocket);
  // Ended before this session goes, so that nothing is posted for one that is gone.
  outbox_ = std::make_shared<WebSocketOutbox>([this] {
    asio::post(parts_.io, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->pump();
    });
  });
  const std::chrono::milliseconds idle(parts_.options.websocket_idle_ms);
  socket_.set_option(websocket::stream_base::timeout{kCloseTime, idle, true});  // pings when half of it has passed
  socket_.set_option(websocket::stream_base::decorator([headers = std::move(response.headers)](websocket::response_type& answer) {
    answer.set(boost::beast::http::field::server, "Moongate");  // or Beast puts its own name and version there
    for (const auto& [name, value] : headers) {
      if (value.find_first_of("\r\n") == std::string::npos) answer.set(name, value);
    }
  }));
  socket_.read_message_max(kMessageBytes);
  socket_.auto_fragment(false);
  socket_.text(true);
  socket_.control_callback([this](websocket::frame_type kind, boost::beast::string_view) {
    if (kind == websocket::frame_type::close) give_up_after(kCloseTime);  // whoever says goodbye has that long to go
  });
  socket_.async_accept(request_, [self = shared_from_this()](Error ec) {
    if (ec) return self->outbox_->end();
    self->tell([peer = self->outbox_](WebSocketHandler& handler) { handler.opened(peer); },
               [raw = self.get()] { raw->read(); });
  });
}

// One call of the handler, and what follows it on this thread.
void WebSocketSession::tell(std::function<void(WebSocketHandler&)> what, std::function<void()> then) {
  asio::post(parts_.handlers, [self = shared_from_this(), what = std::move(what), then = std::move(then)]() mutable {
    try {
      what(*self->handler_);
    } catch (const std::exception& problem) {
      self->parts_.logger.error("a WebSocket's handler failed", {{"reason", problem.what()}});
      self->outbox_->close(1011, "internal error");
    }
    ControlParts& parts = self->parts_;
    asio::post(parts.io, [self = std::move(self), then = std::move(then)] { then(); });
  });
}

void WebSocketSession::read() {
  socket_.async_read(buffer_, [self = shared_from_this()](Error ec, std::size_t) {
    if (ec) return self->over();
    self->on_message();
  });
}

void WebSocketSession::on_message() {
  if (!socket_.got_text()) {
    buffer_.consume(buffer_.size());
    close(kWrongType, "text, please");
    return read();  // until the client's part of closing has come
  }
  std::string text(static_cast<const char*>(buffer_.data().data()), buffer_.size());
  buffer_.consume(buffer_.size());
  if (closing_) return read();
  tell([text = std::move(text)](WebSocketHandler& handler) { handler.message(text); }, [this] { read(); });
}

void WebSocketSession::over() {
  outbox_->end();
  patience_.cancel();
  boost::beast::get_lowest_layer(socket_).close();
  tell([](WebSocketHandler& handler) { handler.closed(); }, [] {});
}

void WebSocketSession::pump() {
  if (pumping_ || closing_) return;
  WebSocketOutbox::Next next = outbox_->take();
  if (next.close) return close(next.close->code, next.close->reason);
  if (!next.text) return;
  pumping_ = true;
  out_ = std::move(*next.text);
  give_up_after(kSendTime);
  socket_.async_write(asio::buffer(out_), [self = shared_from_this()](Error ec, std::size_t) {
    if (!self->closing_) self->patience_.cancel();
    self->pumping_ = false;
    self->outbox_->sent(self->out_.size());
    if (!ec) self->pump();  // otherwise the reading side ends it
  });
}

void WebSocketSession::close(int code, std::string_view reason) {
  if (closing_) return;
  closing_ = true;
  give_up_after(kCloseTime);
  socket_.async_close(websocket::close_reason(static_cast<websocket::close_code>(code), boost::beast::string_view(reason.data(), reason.size())),
                      [self = shared_from_this()](Error) {});
}

// Takes the socket down, by which every operation of it ends.
void WebSocketSession::give_up_after(std::chrono::milliseconds time) {
  patience_.expires_after(time);
  patience_.async_wait([weak = weak_from_this()](Error ec) {
    if (ec) return;
    if (const auto self = weak.lock()) self->server_is_gone();
  });
}

void WebSocketSession::server_ends() {
  outbox_->end();
  close(kServerEnds, "the gateway is stopping");
}

void WebSocketSession::server_is_gone() { boost::beast::get_lowest_layer(socket_).close(); }

}  // namespace moongate
