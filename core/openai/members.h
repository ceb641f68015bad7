// Members of a provider's JSON: what is missing or of another kind is nothing.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace moongate::openai {

inline std::string_view string_in(const boost::json::object& from, std::string_view name) {
  const boost::json::value* found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

inline const boost::json::object* object_in(const boost::json::object& from, std::string_view name) {
  const boost::json::value* found = from.if_contains(name);
  return found != nullptr ? found->if_object() : nullptr;
}

inline const boost::json::array* array_in(const boost::json::object& from, std::string_view name) {
  const boost::json::value* found = from.if_contains(name);
  return found != nullptr ? found->if_array() : nullptr;
}

inline bool flag_in(const boost::json::object& from, std::string_view name) {
  const boost::json::value* found = from.if_contains(name);
  return found != nullptr && found->is_bool() && found->get_bool();
}

// A number of tokens; one beyond reason (or below 0) is nothing, so that sums of them stay numbers.
inline std::optional<std::int64_t> count_in(const boost::json::object& from, std::string_view name) {
  const boost::json::value* found = from.if_contains(name);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  const std::int64_t count = found->get_int64();
  if (count < 0 || count > (std::int64_t{1} << 48)) return std::nullopt;
  return count;
}

}  // namespace moongate::openai
