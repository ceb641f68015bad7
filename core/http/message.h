// Requests and responses of the control plane, whole in memory. The data plane does not use these.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moongate {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Whether the request asks to become a WebSocket.
struct HttpRequest;
bool asks_for_websocket(const HttpRequest& request);

// The value of the first header of that name (ASCII case folded), or empty.
std::string_view find_header(const HeaderList& headers, std::string_view name);

struct HttpRequest {
  std::string method;
  std::string path;            // as sent, without the query; not percent-decoded
  std::string query;           // without '?'
  HeaderList headers;
  std::string body;            // bounded by the server (1 MiB by default)
  std::string remote_address;  // without port
  bool tls = false;
  bool trusted = false;        // over the local socket, from a process of the gateway's own user or of root
};

// Where a body goes that is written as it comes.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // Waits while the client is slow, up to the server's request_timeout_ms. False: the client has left, or the server is
  // ending; whatever follows is dropped.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool gone() const = 0;
};

// One end of a WebSocket (RFC 6455) as its owner sees it. Safe from any thread; outlives the connection harmlessly.
class WebSocketPeer {
 public:
  virtual ~WebSocketPeer() = default;
  // A text frame. Never waits. False: the connection is over, or 1 MiB waits to be sent, and this one is dropped.
  virtual bool send(std::string text) = 0;
  virtual std::size_t waiting_bytes() const = 0;
  // 1000 normal, 1008 policy, 1013 try again later.
  virtual void close(int code, std::string_view reason) = 0;
};

// What the server tells of a WebSocket. Called one after the other, on threads that may block for a moment.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  virtual void opened(std::shared_ptr<WebSocketPeer> peer) = 0;
  virtual void message(std::string_view text) = 0;  // at most 64 KiB
  virtual void closed() = 0;                         // the last call
};

struct HttpResponse {
  int status = 200;
  HeaderList headers;          // Content-Length, Date and Connection are the server's
  std::string body;
  // Not empty: writes the body instead, on a thread of its own; the head has gone out before. Must not throw.
  std::function<void(BodyWriter&)> stream = {};
  // Not empty: the whole answer takes long and is made by this, on a thread as a stream's, where its own stream runs, too.
  // `gone` tells whether the client has left, so that nobody works for nobody. Must not throw.
  std::function<HttpResponse(const std::function<bool()>& gone)> later = {};
  // Not null, with status 101: the connection becomes a WebSocket. Only in answer to a request that asks for it.
  std::shared_ptr<WebSocketHandler> websocket = nullptr;

  static HttpResponse json(int status, std::string body);
  static HttpResponse text(int status, std::string body);
};

// Runs on a thread of the control plane's bounded pool, where it may block (store, RSA); several at once.
// Must not throw; what escapes is answered 500 and logged.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

// "a=1&b=x+y" to pairs in order, percent- and plus-decoded. Malformed escapes are kept as they are.
std::vector<std::pair<std::string, std::string>> parse_form(std::string_view text);
// Everything but unreserved characters as %XX.
std::string url_encode(std::string_view text);

}  // namespace moongate
