#include "oauth2-mock/reply.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "http/header_set.h"

namespace moongate {

HttpResponse json_reply(int status, const boost::json::object& body) {
  HttpResponse response = HttpResponse::json(status, boost::json::serialize(body));
  set_header(response, "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");
  set_header(response, "Pragma", "no-cache");
  set_header(response, "X-Content-Type-Options", "nosniff");
  return response;
}

HttpResponse oauth_error(int status, std::string_view error, std::string_view description) {
  return json_reply(status, {{"error", error}, {"error_description", description}});
}

HttpResponse invalid_client(std::string_view description, bool basic) {
  HttpResponse response = oauth_error(401, "invalid_client", description);
  if (basic) set_header(response, "WWW-Authenticate", "Basic realm=\"moongate\"");
  return response;
}

HttpResponse api_error(int code, std::string_view status, std::string_view message) {
  return json_reply(code, {{"error", {{"code", code}, {"message", message}, {"status", status}}}});
}

HttpResponse store_failed(const Logger& log, const Error& error) {
  log.error("the mock OAuth2's store failed", {{"reason", error.describe()}});
  HttpResponse response =
      oauth_error(503, "internal_failure", "The store cannot be used at the moment; try again.");
  set_header(response, "Retry-After", "1");
  return response;
}

void set_header(HttpResponse& response, std::string_view name, std::string_view value) {
  std::erase_if(response.headers, [&](const auto& header) { return header_name_equal(header.first, name); });
  response.headers.emplace_back(name, value);
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string_view bearer_of(const HttpRequest& request) {
  std::string_view value = find_header(request.headers, "Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (value.size() < kScheme.size() || !header_name_equal(value.substr(0, kScheme.size()), kScheme))
    return {};
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  return value;
}

}  // namespace moongate
