// One WebSocket of the control port, from the handshake's answer to its end.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>

#include "http/control_parts.h"
#include "http/web_socket_outbox.h"

namespace moongate {

// Lives as long as an operation of it is under way. The handler is called on the handlers' threads, one call after the
// other: the next message is read when the last has been taken.
class WebSocketSession final : public std::enable_shared_from_this<WebSocketSession>, public EndsWithServer {
 public:
  using Stream = boost::beast::basic_stream<ControlProtocol>;
  static constexpr std::size_t kMessageBytes = 64 * 1024;

  WebSocketSession(ControlParts& parts, Stream stream, boost::beast::http::request_header<> head);
  ~WebSocketSession() override;

  void start(HttpResponse response);
  void server_ends() override;
  void server_is_gone() override;

 private:
  using Error = boost::beast::error_code;

  void tell(std::function<void(WebSocketHandler&)> what, std::function<void()> then);
  void read();
  void on_message();
  void over();
  void pump();
  void close(int code, std::string_view reason);
  void give_up_after(std::chrono::milliseconds time);

  ControlParts& parts_;
  boost::beast::websocket::stream<Stream> socket_;
  boost::beast::http::request<boost::beast::http::empty_body> request_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer patience_;  // with a client that does not take what is sent
  std::shared_ptr<WebSocketHandler> handler_;
  std::shared_ptr<WebSocketOutbox> outbox_;
  std::string out_;
  bool pumping_ = false;
  bool closing_ = false;
};

}  // namespace moongate
