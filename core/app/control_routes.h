// Which part of the program answers a request on the control port.
#pragma once

#include <functional>
#include <string>

#include "http/message.h"
#include "meter/metrics.h"
#include "proxy/worker.h"

namespace moongate {

// Health and metrics are answered here; everything else by `rest` (the mock OAuth2 and the admin API).
class ControlRoutes {
 public:
  struct Parts {
    Gateway& gateway;
    std::function<std::string()> detail;   // members of /health/detailed's JSON object, without braces
    std::function<std::vector<Sample>()> samples;
    HttpHandler rest;
  };
  explicit ControlRoutes(Parts parts) : parts_(std::move(parts)) {}

  HttpResponse handle(const HttpRequest& request) const;

 private:
  HttpResponse health(std::string_view which) const;
  Parts parts_;
};

}  // namespace moongate
