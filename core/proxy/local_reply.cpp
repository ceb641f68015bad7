#include "proxy/local_reply.h"

namespace moongate {

std::string make_request_id(Worker& worker) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id = "mg-";
  id.reserve(32);
  id += worker.gateway.id_prefix;
  id += kHex[worker.index >> 4 & 15];
  id += kHex[worker.index & 15];
  const std::uint64_t number = worker.next_request_number();
  for (int shift = 36; shift >= 0; shift -= 4) id += kHex[number >> shift & 15];
  return id;
}

std::string render_reply(int status, std::string_view body, std::string_view request_id, const ReplyHead& head) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " ";
  text.reserve(256 + head.extra.size() + body.size());
  text += reason_phrase(status);
  text += "\r\n";
  if (!body.empty()) {
    text += "Content-Type: ";
    text += head.content_type;
    text += "\r\n";
  }
  if (status != 204 && status != 304) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "x-moongate-request-id: ";
  text += request_id;
  text += "\r\n";
  text += head.extra;
  if (!head.keep_alive) text += "Connection: close\r\n";
  text += "\r\n";
  if (!head.head_only) text += body;
  return text;
}

}  // namespace moongate
