// One connection of the control port: requests one after the other, each given to a handler thread.
#pragma once

#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/body_stream.h"
#include "http/control_parts.h"

namespace moongate {

// Lives as long as an operation of it is under way. On the thread of the sockets, unless said otherwise.
class ControlConnection final : public std::enable_shared_from_this<ControlConnection>, public EndsWithServer {
 public:
  ControlConnection(ControlParts& parts, ControlProtocol::socket socket, std::string remote, bool trusted);
  ~ControlConnection() override;

  void read(int timeout_ms);
  void server_ends() override;
  void server_is_gone() override { server_ends(); }

 private:
  using Error = boost::beast::error_code;

  void on_head(Error ec);
  void read_body();
  void refuse(Error ec);
  void on_request(Error ec);
  void ask_handler(HttpRequest request);
  void answer(HttpResponse response);
  void write(HttpResponse response);
  void close();

  // control_connection_stream.cpp: answers that are written as they come
  void start_stream(HttpResponse response);
  void run_stream(HttpResponse response, BodyStream& body) const;  // on a thread of its own
  void watch();
  void pump();
  void client_left();
  void end_stream(bool whole, bool close_too);
  void next_request();

  void start_websocket(HttpResponse response);

  ControlParts& parts_;
  boost::beast::basic_stream<ControlProtocol> stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::request_header<> head_;  // of the request that asks for a WebSocket
  std::string remote_;
  bool trusted_;
  std::string interim_;
  std::string out_;
  bool close_after_ = false;
  bool head_only_ = false;
  bool http_1_0_ = false;

  std::shared_ptr<BodyStream> body_;
  std::string piece_;
  bool watching_ = false;  // a read is under way, to notice that the client leaves
  bool pumping_ = false;
  bool next_ = false;      // the stream is over: the watching read is followed by the next request
};

}  // namespace moongate
