// Which path leads to which handler.
#pragma once

#include <string>
#include <string_view>

#include "oauth2-mock/parts.h"

namespace moongate {

// A handler gets what follows its path, where the path takes more ("" otherwise).
using RouteHandler = HttpResponse (*)(OAuthParts&, const HttpRequest&, std::string_view rest);

struct RouteMatch {
  bool known = false;              // the path is one of ours
  bool admin = false;              // and only for the administrator
  RouteHandler handler = nullptr;  // null: not with this method
  std::string_view rest;           // points into the request
  std::string allow;               // the methods that the path takes
};

RouteMatch find_route(const HttpRequest& request);
HttpResponse run_route(OAuthParts& parts, const HttpRequest& request);

}  // namespace moongate
