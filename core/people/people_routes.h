// Which path leads to which handler of the user API.
#pragma once

#include <string>

#include "people/people_parts.h"

namespace moongate {

struct PeopleRouteMatch {
  bool known = false;               // the path is one of ours
  PeopleHandler handler = nullptr;  // null: not with this method
  bool open = false;                // for everybody; others have been admitted
  std::string name;                 // what stands in the route's place for a name
  std::string allow;                // the methods that the path takes
};

PeopleRouteMatch find_people_route(const HttpRequest& request);

}  // namespace moongate
