// Members of a stranger's JSON object, which may be absent or of another type than expected.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string_view>

namespace moongate::sim {

// nullptr, "", false or 0 when there is none of that type. Pointers and views live as long as the object.
const boost::json::object* find_object(const boost::json::object& object, std::string_view name);
const boost::json::array* find_array(const boost::json::object& object, std::string_view name);
std::string_view find_string(const boost::json::object& object, std::string_view name);
bool find_bool(const boost::json::object& object, std::string_view name);
std::int64_t find_integer(const boost::json::object& object, std::string_view name);

}  // namespace moongate::sim
