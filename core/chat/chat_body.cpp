#include <algorithm>
#include <boost/json/parse.hpp>

#include "chat/chat_routes.h"

namespace moongate {

namespace json = boost::json;

ChatBody::ChatBody(std::string_view text, std::initializer_list<std::string_view> known) {
  if (text.empty()) return;
  boost::system::error_code failed;
  json::value parsed = json::parse(text, failed);
  if (failed || !parsed.is_object()) {
    refuse("The body must be a JSON object.");
    return;
  }
  body_ = std::move(parsed.get_object());
  for (const auto& member : body_) {
    if (std::find(known.begin(), known.end(), std::string_view(member.key())) != known.end()) continue;
    std::string names;
    for (const std::string_view name : known) names += (names.empty() ? "" : ", ") + std::string(name);
    refuse("There is no member \"" + std::string(member.key()).substr(0, 80) + "\" here; there are " + names + ".");
    return;
  }
}

std::optional<std::string> ChatBody::text(std::string_view name, std::size_t max_bytes) {
  const json::value* found = body_.if_contains(name);
  if (found == nullptr || found->is_null()) return std::nullopt;
  const json::string* text = found->if_string();
  if (text == nullptr || text->size() > max_bytes || text->find('\0') != json::string::npos) {
    refuse("\"" + std::string(name) + "\" must be text of at most " + std::to_string(max_bytes) + " bytes.");
    return std::nullopt;
  }
  return std::string(*text);
}

std::optional<bool> ChatBody::flag(std::string_view name) {
  const json::value* found = body_.if_contains(name);
  if (found == nullptr || found->is_null()) return std::nullopt;
  if (!found->is_bool()) {
    refuse("\"" + std::string(name) + "\" must be true or false.");
    return std::nullopt;
  }
  return found->get_bool();
}

std::optional<std::int64_t> ChatBody::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const json::value* found = body_.if_contains(name);
  if (found == nullptr || found->is_null()) return std::nullopt;
  if (!found->is_int64() || found->get_int64() < min || found->get_int64() > max) {
    refuse("\"" + std::string(name) + "\" must be a whole number from " + std::to_string(min) + " to " + std::to_string(max) + ".");
    return std::nullopt;
  }
  return found->get_int64();
}

HttpResponse only(std::string_view methods) {
  HttpResponse refused = chat_error(405, "This path takes " + std::string(methods) + ".");
  set_header(refused, "Allow", methods);
  return refused;
}

}  // namespace moongate
