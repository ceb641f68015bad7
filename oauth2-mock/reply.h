// Answers in the shapes that Google's token endpoints give; the others are http/api_reply.h's.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "http/api_reply.h"

namespace moongate {

// {"error": …, "error_description": …}, the token endpoint's shape.
HttpResponse oauth_error(int status, std::string_view error, std::string_view description);
// 401 invalid_client; asks for Basic authentication when that is what failed.
HttpResponse invalid_client(std::string_view description, bool basic = false);
// What a handler says when the store failed: 503, and an error that Google's libraries retry. Logs the
// reason.
HttpResponse store_failed(const Logger& log, const Error& error);

// `text` for HTML, in an element or a quoted attribute.
std::string html_escape(std::string_view text);

}  // namespace moongate
