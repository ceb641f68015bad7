// Answers that the gateway gives itself.
#pragma once

#include <string>
#include <string_view>

#include "proxy/worker.h"

namespace moongate {

// "mg-" + the process's prefix + a number.
std::string make_request_id(Worker& worker);

struct ReplyHead {
  std::string_view content_type = "application/json";
  std::string extra;          // complete header lines
  bool keep_alive = true;
  bool head_only = false;     // the request was HEAD
};

// The whole answer as one text. `body` may be empty (204 and 304 have none).
std::string render_reply(int status, std::string_view body, std::string_view request_id, const ReplyHead& head);

}  // namespace moongate
