// A value that fits a JSON schema, always the same one.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

namespace moongate::sim {

// The first enum value, const, default or example where there is one; otherwise "<name>" for a string, 1 for
// a number, true for a boolean, one item for an array, the required members of an object (all of them when it
// names none). Google's upper-case type names count as well. Depth is bounded; what cannot be told becomes
// null.
boost::json::value sample_of(const boost::json::value& schema, std::string_view name);

}  // namespace moongate::sim
