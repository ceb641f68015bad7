// Answers that are written as they come: a thread writes (BodyStream), this thread sends and watches the client.
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "http/control_connection.h"
#include "http/response_text.h"

namespace moongate {
namespace {

namespace asio = boost::asio;

// What a client may send ahead while its answer comes. Beyond, nothing is read, and its leaving is noticed by writing.
constexpr std::size_t kAheadBytes = 64 * 1024;

}  // namespace

void ControlConnection::start_stream(HttpResponse response) {
  if (parts_.ending) return write(server_refusal(503, "The gateway is stopping; try again shortly."));
  body_ = std::make_shared<BodyStream>(
      std::chrono::milliseconds(parts_.options.request_timeout_ms), [this] {
        // Called on the stream's thread, which holds the connection.
        asio::post(parts_.io, [self = shared_from_this()] { self->pump(); });
      });
  auto work = [self = shared_from_this(), body = body_, response = std::move(response)]() mutable {
    ControlParts& parts = self->parts_;
    self->run_stream(std::move(response), *body);
    // The socket is taken down on its own thread.
    asio::post(parts.io, [self = std::move(self)] {});
  };
  parts_.long_lived.insert(this);
  watch();
  if (!parts_.streams.start(std::move(work))) {
    HttpResponse refusal = server_refusal(503, "Too many streams at once; try again shortly.");
    body_->begin(response_head(refusal, BodyFraming::kLength, close_after_) + (head_only_ ? "" : refusal.body), false);
    body_->finish(true, close_after_);
  }
}

void ControlConnection::run_stream(HttpResponse response, BodyStream& body) const {
  try {
    if (response.later) {
      const auto later = std::move(response.later);
      const HeaderList dressed = std::move(response.headers);  // what every answer of this port carries
      response = later([&body] { return body.gone(); });
      for (const auto& [name, value] : dressed) {
        if (find_header(response.headers, name).empty()) response.headers.emplace_back(name, value);
      }
    }
  } catch (const std::exception& problem) {
    parts_.logger.error("a control-plane handler failed", {{"reason", problem.what()}});
    response = server_refusal(500, "Internal error; the gateway's log says more.");
  }
  if (!response.stream || response.status == 204 || response.status == 304) {
    body.begin(response_head(response, BodyFraming::kLength, close_after_) + (head_only_ ? "" : response.body), false);
    return body.finish(true, close_after_);
  }
  const bool close_too = close_after_ || http_1_0_;
  body.begin(response_head(response, http_1_0_ ? BodyFraming::kUntilClose : BodyFraming::kChunked, close_too),
             !http_1_0_ && !head_only_);
  if (head_only_) return body.finish(true, close_too);
  bool whole = true;
  try {
    response.stream(body);
  } catch (const std::exception& problem) {
    parts_.logger.error("a control-plane stream failed", {{"reason", problem.what()}});
    whole = false;
  }
  body.finish(whole, close_too);
}

void ControlConnection::watch() {
  if (buffer_.size() >= kAheadBytes) return;
  watching_ = true;
  stream_.expires_never();
  stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](Error ec, std::size_t n) {
    self->watching_ = false;
    self->buffer_.commit(n);
    if (self->next_) return self->next_request();
    if (ec) return self->client_left();
    self->watch();
  });
}

void ControlConnection::pump() {
  if (pumping_ || !body_) return;
  BodyStream::Piece piece = body_->take();
  if (piece.bytes.empty()) {
    if (piece.last) end_stream(piece.whole, piece.close);
    return;
  }
  pumping_ = true;
  piece_ = std::move(piece.bytes);
  stream_.expires_after(std::chrono::milliseconds(parts_.options.request_timeout_ms));  // not of the watching read
  asio::async_write(stream_, asio::buffer(piece_), [self = shared_from_this()](Error ec, std::size_t n) {
    self->pumping_ = false;
    if (!self->body_) return;
    self->body_->sent(n);
    if (ec) self->client_left();
    self->pump();
  });
}

void ControlConnection::client_left() {
  if (body_) body_->leave();
  stream_.close();
}

void ControlConnection::server_ends() { client_left(); }

void ControlConnection::end_stream(bool whole, bool close_too) {
  parts_.long_lived.erase(this);
  body_ = nullptr;
  if (!whole) return stream_.close();
  if (close_too) {
    close();
    return stream_.cancel();
  }
  if (!watching_) return next_request();
  next_ = true;
  stream_.cancel();
}

}  // namespace moongate
