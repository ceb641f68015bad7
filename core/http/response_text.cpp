#include "http/response_text.h"

#include "http/api_reply.h"
#include "http/head.h"

namespace moongate {

std::string response_head(const HttpResponse& response, BodyFraming framing, bool close) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out += reason_phrase(response.status);
  out += "\r\n";
  for (const auto& [name, value] : response.headers) {
    if (value.find_first_of("\r\n") != std::string::npos) continue;  // nothing splits our head
    out += name + ": " + value + "\r\n";
  }
  if (framing == BodyFraming::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (framing == BodyFraming::kLength && response.status != 204 && response.status != 304) {
    out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  out += close ? "Connection: close\r\n\r\n" : "\r\n";
  return out;
}

HttpResponse server_refusal(int status, std::string_view message) {
  const std::string_view name = status == 503   ? "UNAVAILABLE"
                                : status == 500 ? "INTERNAL"
                                : status == 413 ? "OUT_OF_RANGE"
                                                : "INVALID_ARGUMENT";
  return api_error(status, name, message);
}

}  // namespace moongate
