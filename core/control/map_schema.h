// What a map may hold, as a JSON Schema (2020-12): the console draws its form from it.
#pragma once

#include <boost/json/object.hpp>

namespace moongate {

// docs/map-config.md in another form; a test holds both to what the map's reader knows.
boost::json::object map_schema();

}  // namespace moongate
