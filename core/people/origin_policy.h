// Which sites' pages may call the control port's APIs, and what every answer tells a browser.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace moongate {

// Immutable; safe from any thread.
class OriginPolicy {
 public:
  // console.cors_origins: origins separated by commas; empty: our own pages only.
  explicit OriginPolicy(std::string_view origins);

  // The browser says that a page sent this which is neither ours nor of an allowed origin. A caller that is no browser says
  // nothing, and is not foreign.
  bool is_foreign(const HttpRequest& request) const;
  // The answer to a preflight (OPTIONS with Access-Control-Request-Method) for /api/; nothing: it is none.
  std::optional<HttpResponse> preflight(const HttpRequest& request) const;
  // Puts the security headers, and CORS ones for allowed origins, on an answer of /api/.
  void dress(const HttpRequest& request, HttpResponse& response) const;

 private:
  bool allows(std::string_view origin) const;
  std::vector<std::string> origins_;  // lower case
};

}  // namespace moongate
