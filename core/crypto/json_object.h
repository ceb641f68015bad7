// JSON from strangers (token segments, key files) into Boost.JSON, with bounds.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace moongate {

// One JSON object and nothing after it. Error kInvalid: not JSON, not an object, invalid UTF-8, nested deeper
// than `max_depth`, longer than `max_bytes`. A key given twice keeps its last value.
Result<boost::json::object> parse_json_object(std::string_view text, std::size_t max_bytes = 1 << 20,
                                              std::size_t max_depth = 16);

// The member when it is there and a string; nothing otherwise.
std::optional<std::string> json_string(const boost::json::object& object, std::string_view name);
// The member when it is there and a whole number (also written as 1.7e9) that an int64 holds.
std::optional<std::int64_t> json_integer(const boost::json::object& object, std::string_view name);
std::optional<bool> json_bool(const boost::json::object& object, std::string_view name);

}  // namespace moongate
