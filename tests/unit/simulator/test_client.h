// A tiny blocking HTTP client that looks at the wire closely.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace moongate::sim {

struct Response {
  int status = 0;  // 0: no head came
  std::string status_line;
  HeaderList headers;
  std::string body;                 // chunks joined
  std::vector<std::string> chunks;  // as framed
  std::vector<int> informational;   // 1xx before it
  bool whole = false;               // ended as its framing says
  bool reset = false;               // the connection was reset
  std::string_view header(std::string_view name) const { return find_header(headers, name); }
};

class TestClient {
 public:
  explicit TestClient(const std::string& address);  // "127.0.0.1:port"
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void send(std::string_view bytes);
  // Sends a request with Host and Content-Length.
  void request(std::string_view method, std::string_view target, const HeaderList& headers,
               std::string_view body = {});
  Response receive(std::string_view method = "GET");
  // Until what has come contains `text`; false at the connection's end.
  bool receive_until(std::string_view text);
  const std::string& received() const { return in_; }
  // True when the peer has ended the connection and nothing is left to read.
  bool at_end();
  void close();

 private:
  bool fill();
  int fd_ = -1;
  std::string host_;
  std::string in_;
  bool reset_ = false;
};

// What happens after each event of an SSE body: the data lines, in order.
std::vector<std::string> sse_data(std::string_view body);
std::vector<std::string> sse_names(std::string_view body);

}  // namespace moongate::sim
