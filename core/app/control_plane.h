// Everything that the control port serves beside health and metrics, as one list of services that are asked in turn.
#pragma once

#include <functional>
#include <vector>

#include "http/message.h"

namespace moongate {

class ControlPlane {
 public:
  struct Service {
    std::function<bool(const HttpRequest&)> serves;
    HttpHandler handle;
  };

  // In the order of asking. `last` takes what nobody else serves, and answers 404 for what it does not know itself.
  void add(Service service) { services_.push_back(std::move(service)); }
  void set_last(HttpHandler last) { last_ = std::move(last); }

  HttpResponse handle(const HttpRequest& request) const;

 private:
  std::vector<Service> services_;
  HttpHandler last_;
};

// For a class with serves() and handle(), which must outlive the plane.
template <class Part>
ControlPlane::Service service_of(Part& part) {
  return {[&part](const HttpRequest& request) { return part.serves(request); },
          [&part](const HttpRequest& request) { return part.handle(request); }};
}

}  // namespace moongate
