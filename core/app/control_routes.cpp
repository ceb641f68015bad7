#include "app/control_routes.h"

namespace moongate {
namespace {

constexpr std::string_view kWelcome =
    "Moongate: control port\n\n"
    "  / (in a browser)                                      check a token, set clients up\n"
    "  /client-setup.sh /moongate-admin.sh                   the same as scripts: sh FILE --help\n"
    "  /health /health/live /health/ready /health/detailed   health\n"
    "  /metrics                                              Prometheus\n"
    "  /.well-known/openid-configuration                     mock Google OAuth2\n"
    "  /api/admin/users /clients /keys /usage …              the admin API (admin token; docs/admin-api.md)\n"
    "  /api/admin/service-accounts/virtual                   virtual service accounts (admin token)\n";

bool allows_get(const HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

HttpResponse only_get() {
  HttpResponse response = HttpResponse::json(405, "{\"error\":{\"code\":405,\"message\":\"This path takes GET.\"}}\n");
  response.headers.emplace_back("Allow", "GET, HEAD");
  return response;
}

}  // namespace

HttpResponse ControlRoutes::handle(const HttpRequest& request) const {
  const std::string_view path = request.path;
  if (path == "/metrics" || path == "/health/metrics") {
    if (!allows_get(request)) return only_get();
    HttpResponse response = HttpResponse::text(200, parts_.gateway.metrics.render(parts_.samples()));
    response.headers.front().second = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }
  if (path == "/health" || path.starts_with("/health/")) {
    if (!allows_get(request)) return only_get();
    return health(path.substr(std::min<std::size_t>(path.size(), 8)));
  }
  // With this header it is a Google library that looks for a metadata server.
  const bool metadata_ping = !find_header(request.headers, "Metadata-Flavor").empty();
  const bool browser = find_header(request.headers, "Accept").find("text/html") != std::string_view::npos;
  if (path == "/" && allows_get(request) && !metadata_ping && !browser) return HttpResponse::text(200, std::string(kWelcome));
  return parts_.rest(request);
}

HttpResponse ControlRoutes::health(std::string_view which) const {
  const bool ready = parts_.gateway.ready.load() && !parts_.gateway.draining.load();
  if (which.empty() || which == "live" || which == "alive") return HttpResponse::json(200, "{\"status\":\"ok\"}\n");
  if (which == "ready") {
    return HttpResponse::json(ready ? 200 : 503, ready ? "{\"status\":\"ready\"}\n"
                                                 : parts_.gateway.draining.load() ? "{\"status\":\"draining\"}\n"
                                                                                  : "{\"status\":\"starting\"}\n");
  }
  if (which == "detailed") {
    std::string body = std::string("{\"status\":\"") + (ready ? "ready" : "not ready") + "\",\"version\":\"" +
                       MOONGATE_VERSION + "\",\"client_connections\":" + std::to_string(parts_.gateway.connections.load()) +
                       ",\"running_requests\":" + std::to_string(parts_.gateway.exchanges.load());
    if (const std::string more = parts_.detail(); !more.empty()) body += "," + more;
    return HttpResponse::json(ready ? 200 : 503, body + "}\n");
  }
  return HttpResponse::json(404, "{\"error\":{\"code\":404,\"message\":\"Ask /health, /health/live, /health/ready, "
                                 "/health/detailed or /metrics.\"}}\n");
}

}  // namespace moongate
