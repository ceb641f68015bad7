// Small HTTP requests of the gateway's own: token endpoints, and moon.http. Not the proxy's way to upstreams.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "upstream/connection_pool.h"

namespace moongate {

struct FetchRequest {
  std::string method = "GET";
  Endpoint endpoint;
  std::string target = "/";     // path and query
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int timeout_ms = 10'000;      // everything together
  std::size_t max_bytes = 1u << 20;  // of the answer's body
};

struct FetchResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;             // without chunk framing; a Content-Encoding is left as it is
};

// "https://host[:port]/path?query" to endpoint and target. kInvalid: not http(s), a user name in it, control bytes.
Status parse_url(std::string_view url, Endpoint& endpoint, std::string& target);

// Sends it and reads the whole answer; redirects are not followed. A kept-alive connection that turns out to be closed
// is replaced once. kConnect, kTimeout, kClosed, kProtocol, kTooLarge.
Task<Result<FetchResponse>> fetch(Reactor& reactor, ConnectionPool& pool, FetchRequest request);

}  // namespace moongate
