#include "crypto/json_object.h"

#include <boost/json/parse.hpp>
#include <cmath>

namespace moongate {

Result<boost::json::object> parse_json_object(std::string_view text, std::size_t max_bytes,
                                              std::size_t max_depth) {
  if (text.size() > max_bytes) {
    return Error(ErrorKind::kTooLarge, "the JSON is longer than " + std::to_string(max_bytes) + " bytes",
                 ErrorSource::kClient);
  }
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse(text, failed, {}, options);
  if (failed) {
    return Error(ErrorKind::kInvalid, "the text is not valid JSON: " + failed.message(),
                 ErrorSource::kClient);
  }
  if (!value.is_object()) {
    return Error(ErrorKind::kInvalid, "the JSON is not an object", ErrorSource::kClient);
  }
  return std::move(value.get_object());
}

std::optional<std::string> json_string(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::int64_t> json_integer(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (!value->is_double()) return std::nullopt;
  const double number = value->get_double();
  // Beyond 2^53 a double is not exact; no time or count that we read is that large.
  if (!(std::fabs(number) <= 9007199254740992.0) || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::optional<bool> json_bool(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

}  // namespace moongate
