#include "http/api_reply.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/log.h"
#include "http/header_set.h"

namespace moongate {

HttpResponse json_reply(int status, const boost::json::object& body) {
  HttpResponse response = HttpResponse::json(status, boost::json::serialize(body));
  set_header(response, "Cache-Control", "no-cache, no-store, max-age=0, must-revalidate");
  set_header(response, "Pragma", "no-cache");
  set_header(response, "X-Content-Type-Options", "nosniff");
  return response;
}

HttpResponse api_error(int code, std::string_view status, std::string_view message) {
  return json_reply(code, {{"error", {{"code", code}, {"message", message}, {"status", status}}}});
}

HttpResponse bad_argument(std::string_view message) { return api_error(400, "INVALID_ARGUMENT", message); }

void set_header(HttpResponse& response, std::string_view name, std::string_view value) {
  std::erase_if(response.headers, [&](const auto& header) { return header_name_equal(header.first, name); });
  response.headers.emplace_back(name, value);
}

std::string_view bearer_of(const HttpRequest& request) {
  std::string_view value = find_header(request.headers, "Authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (value.size() < kScheme.size() || !header_name_equal(value.substr(0, kScheme.size()), kScheme)) return {};
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  return value;
}

std::string rfc3339(std::int64_t unix_s) {
  std::string text = format_utc_ms(unix_s * 1000);
  if (const std::size_t dot = text.find('.'); dot != std::string::npos) text.erase(dot, 4);
  return text;
}

}  // namespace moongate
