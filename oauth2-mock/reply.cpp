#include "oauth2-mock/reply.h"

namespace moongate {

HttpResponse oauth_error(int status, std::string_view error, std::string_view description) {
  return json_reply(status, {{"error", error}, {"error_description", description}});
}

HttpResponse invalid_client(std::string_view description, bool basic) {
  HttpResponse response = oauth_error(401, "invalid_client", description);
  if (basic) set_header(response, "WWW-Authenticate", "Basic realm=\"moongate\"");
  return response;
}

HttpResponse store_failed(const Logger& log, const Error& error) {
  log.error("the mock OAuth2's store failed", {{"reason", error.describe()}});
  HttpResponse response =
      oauth_error(503, "internal_failure", "The store cannot be used at the moment; try again.");
  set_header(response, "Retry-After", "1");
  return response;
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

}  // namespace moongate
