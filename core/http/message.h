// Requests and responses of the control plane, whole in memory. The data plane does not use these.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moongate {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

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

struct HttpResponse {
  int status = 200;
  HeaderList headers;          // Content-Length, Date and Connection are the server's
  std::string body;

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
