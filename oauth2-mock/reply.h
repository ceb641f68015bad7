// Answers in the shapes that Google's endpoints give.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "base/log.h"
#include "http/message.h"

namespace moongate {

// Either what was asked for, or the answer that ends the request.
template <class T>
using OrReply = std::variant<T, HttpResponse>;

// JSON that no cache keeps, since it may hold a token.
HttpResponse json_reply(int status, const boost::json::object& body);
// {"error": …, "error_description": …}, the token endpoint's shape.
HttpResponse oauth_error(int status, std::string_view error, std::string_view description);
// 401 invalid_client; asks for Basic authentication when that is what failed.
HttpResponse invalid_client(std::string_view description, bool basic = false);
// {"error": {"code", "message", "status"}}, the shape of Google's APIs.
HttpResponse api_error(int code, std::string_view status, std::string_view message);
// What a handler says when the store failed: 503, and an error that Google's libraries retry. Logs the
// reason.
HttpResponse store_failed(const Logger& log, const Error& error);

// Puts a header in place of one of the same name.
void set_header(HttpResponse& response, std::string_view name, std::string_view value);
// `text` for HTML, in an element or a quoted attribute.
std::string html_escape(std::string_view text);
// The token of "Authorization: Bearer …"; empty: there is none.
std::string_view bearer_of(const HttpRequest& request);

}  // namespace moongate
