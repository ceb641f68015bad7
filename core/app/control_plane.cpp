#include "app/control_plane.h"

namespace moongate {

HttpResponse ControlPlane::handle(const HttpRequest& request) const {
  for (const Service& service : services_) {
    if (service.serves(request)) return service.handle(request);
  }
  return last_(request);
}

}  // namespace moongate
