// JSON as the vendors print it: their spacing is what a gateway's scanners meet.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>

namespace moongate::sim {

enum class JsonStyle : std::uint8_t {
  kCompact,     // {"a":1,"b":[2]}       Anthropic
  kGoogleLine,  // {"a": 1,"b": [2]}     Google's SSE events
  kPretty,      // two spaces, a member a line: Google's plain answers
};

std::string to_text(const boost::json::value& value, JsonStyle style);

}  // namespace moongate::sim
