// Answers of the control plane's JSON APIs, and what their requests carry.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <variant>

#include "http/message.h"

namespace moongate {

// Either what was asked for, or the answer that ends the request.
template <class T>
using OrReply = std::variant<T, HttpResponse>;

// JSON that no cache keeps, since it may hold a secret that is shown once.
HttpResponse json_reply(int status, const boost::json::object& body);
// {"error": {"code", "message", "status"}}, the shape of Google's APIs: api_error(404, "NOT_FOUND", "There is …").
HttpResponse api_error(int code, std::string_view status, std::string_view message);
// 400 INVALID_ARGUMENT.
HttpResponse bad_argument(std::string_view message);

// Puts a header in place of one of the same name.
void set_header(HttpResponse& response, std::string_view name, std::string_view value);
// The token of "Authorization: Bearer …"; empty: there is none.
std::string_view bearer_of(const HttpRequest& request);
// "2026-11-20T20:03:05Z"
std::string rfc3339(std::int64_t unix_s);

}  // namespace moongate
