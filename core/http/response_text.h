// Responses of the control plane as bytes.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace moongate {

enum class BodyFraming : unsigned char { kLength, kChunked, kUntilClose };

// Status line and headers, to the empty line. kLength: of response.body.
std::string response_head(const HttpResponse& response, BodyFraming framing, bool close);

// What the server itself refuses: 400, 413, 500, 503.
HttpResponse server_refusal(int status, std::string_view message);

}  // namespace moongate
