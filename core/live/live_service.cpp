#include "live/live_service.h"

#include <boost/json/serialize.hpp>

#include "control/path_pattern.h"
#include "http/api_reply.h"
#include "live/live_socket.h"

namespace moongate {
namespace {

constexpr std::string_view kRoot = "/api/admin/";

HttpResponse not_with(std::string_view allow) {
  HttpResponse refused = api_error(405, "INVALID_ARGUMENT", "This path takes " + std::string(allow) + ".");
  set_header(refused, "Allow", allow);
  return refused;
}

}  // namespace

const LiveService::Route LiveService::kRoutes[] = {
    {"GET", "overview", Role::kViewer, &LiveService::show_overview},
    {"GET", "requests", Role::kViewer, &LiveService::list_requests},
    {"GET", "requests/*", Role::kViewer, &LiveService::show_request},
    {"GET", "clients/*/capture", Role::kViewer, &LiveService::show_capture},
    {"PUT", "clients/*/capture", Role::kAdmin, &LiveService::begin_capture},
    {"DELETE", "clients/*/capture", Role::kAdmin, &LiveService::end_capture},
};

LiveService::LiveService(Parts parts) : parts_(std::move(parts)) {
  parts_.hub.start([this] { return now_figures(); }, parts_.health);
}

LiveService::~LiveService() { parts_.hub.stop(); }

bool LiveService::serves(const HttpRequest& request) const {
  const std::string_view path = request.path;
  if (path == "/ws") return true;
  if (!path.starts_with(kRoot)) return false;
  for (const Route& route : kRoutes) {
    if (match_path(route.path, path.substr(kRoot.size()))) return true;
  }
  return false;
}

HttpResponse LiveService::handle(const HttpRequest& request) {
  if (request.path == "/ws") return look_on(request);
  const OrReply<Caller> admitted = parts_.admit(request);
  if (const auto* refused = std::get_if<HttpResponse>(&admitted)) return *refused;
  const Caller& caller = std::get<Caller>(admitted);
  if (auto refused = refuse_below(caller, Role::kViewer)) return std::move(*refused);
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  std::string allow;
  for (const Route& route : kRoutes) {
    const auto name = match_path(route.path, std::string_view(request.path).substr(kRoot.size()));
    if (!name) continue;
    allow += (allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method != method) continue;
    if (auto refused = refuse_below(caller, route.least)) return std::move(*refused);
    return (this->*route.handler)({request, caller, *name});
  }
  return not_with(allow);
}

// Browsers send cookies along with whatever page asks; the Origin tells which page that is, and every browser sends it.
HttpResponse LiveService::look_on(const HttpRequest& request) {
  if (request.method != "GET") return not_with("GET");
  const OrReply<Caller> admitted = parts_.admit(request);
  if (const auto* refused = std::get_if<HttpResponse>(&admitted)) return *refused;
  const Caller& caller = std::get<Caller>(admitted);
  const bool has_origin = !find_header(request.headers, "Origin").empty();
  if ((caller.by_cookie && !has_origin) || (has_origin && parts_.foreign(request))) {
    return api_error(403, "PERMISSION_DENIED", "A page of another site may not look on here; console.cors_origins names those that may.");
  }
  if (!asks_for_websocket(request)) {
    HttpResponse refused = api_error(426, "FAILED_PRECONDITION", "This is a WebSocket: ask for it with \"Upgrade: websocket\".");
    set_header(refused, "Upgrade", "websocket");
    return refused;
  }
  HttpResponse response;
  response.status = 101;
  response.websocket = std::make_shared<LiveSocket>(parts_.hub, parts_.admit, request, caller);
  return response;
}

HttpResponse LiveService::store_away(const Error& error) const {
  if (error.kind == ErrorKind::kInvalid) return bad_argument(error.message);
  parts_.log.error("the live view's store failed", {{"reason", error.describe()}});
  HttpResponse response = api_error(503, "UNAVAILABLE", "The store cannot be used at the moment; try again. The gateway's log says why.");
  set_header(response, "Retry-After", "1");
  return response;
}

void LiveService::note(const Call& call, std::string_view action, const std::string& subject, boost::json::object detail) {
  AuditRecord record;
  record.at_ms = parts_.clock.unix_ms();
  record.actor = call.caller.name;
  record.action = action;
  record.subject = subject;
  record.detail = boost::json::serialize(detail);
  record.address = call.request.remote_address;
  parts_.log.info("administration", {{"actor", record.actor}, {"action", record.action}, {"subject", subject}, {"detail", record.detail}, {"address", record.address}});
  if (Status kept = parts_.store.append_audit(record); !kept) {
    parts_.log.error("the audit log could not be written; the change above was made",
                     {{"action", record.action}, {"subject", subject}, {"reason", kept.error().describe()}});
  }
}

}  // namespace moongate
