#include "oauth2-mock/routes.h"

#include "oauth2-mock/admin_accounts.h"
#include "oauth2-mock/admin_clients.h"
#include "oauth2-mock/admin_request.h"
#include "oauth2-mock/consent_page.h"
#include "oauth2-mock/discovery.h"
#include "oauth2-mock/external_account.h"
#include "oauth2-mock/inspection.h"
#include "oauth2-mock/metadata_face.h"
#include "oauth2-mock/token_endpoint.h"

namespace moongate {
namespace {

enum class Tail { kNone, kOne, kAny };  // what follows: nothing, one part of a path, anything or nothing

struct Route {
  std::string_view path;
  std::string_view method;
  RouteHandler handler;
  Tail tail = Tail::kNone;
};

constexpr std::string_view kAccounts = "/api/admin/service-accounts/virtual";
constexpr std::string_view kAccount = "/api/admin/service-accounts/virtual/";
constexpr std::string_view kClients = "/api/admin/oauth-clients";
constexpr std::string_view kClient = "/api/admin/oauth-clients/";

constexpr Route kRoutes[] = {
    {"/token", "POST", token_endpoint},
    {"/oauth2/token", "POST", token_endpoint},
    {"/oauth2/v3/token", "POST", token_endpoint},
    {"/oauth2/v4/token", "POST", token_endpoint},
    {"/o/oauth2/token", "POST", token_endpoint},
    {"/o/oauth2/v2/token", "POST", token_endpoint},
    {"/v1/token", "POST", token_endpoint},  // Google's Security Token Service
    {"/o/oauth2/auth", "GET", show_consent},
    {"/o/oauth2/auth", "POST", decide_consent},
    {"/o/oauth2/v2/auth", "GET", show_consent},
    {"/o/oauth2/v2/auth", "POST", decide_consent},
    {"/oauth2/v1/certs", "GET", certificates_v1},
    {"/oauth2/v3/certs", "GET", certificates_v3},
    {"/robot/v1/metadata/x509/", "GET", account_certificate, Tail::kOne},
    {"/robot/v1/metadata/jwk/", "GET", account_jwk, Tail::kOne},
    {"/service_accounts/v1/metadata/x509/", "GET", account_certificate, Tail::kOne},
    {"/service_accounts/v1/metadata/jwk/", "GET", account_jwk, Tail::kOne},
    {"/service_accounts/v1/jwk/", "GET", account_jwk, Tail::kOne},
    {"/.well-known/openid-configuration", "GET", openid_configuration},
    {"/tokeninfo", "GET", tokeninfo_v3},
    {"/tokeninfo", "POST", tokeninfo_v3},
    {"/oauth2/v1/tokeninfo", "GET", tokeninfo_v1},
    {"/oauth2/v1/tokeninfo", "POST", tokeninfo_v1},
    {"/oauth2/v2/tokeninfo", "GET", tokeninfo_v1},
    {"/oauth2/v2/tokeninfo", "POST", tokeninfo_v1},
    {"/oauth2/v3/tokeninfo", "GET", tokeninfo_v3},
    {"/oauth2/v3/tokeninfo", "POST", tokeninfo_v3},
    {"/oauth2/v1/userinfo", "GET", userinfo_v2},
    {"/oauth2/v2/userinfo", "GET", userinfo_v2},
    {"/userinfo/v2/me", "GET", userinfo_v2},
    {"/oauth2/v3/userinfo", "GET", userinfo_v3},
    {"/oauth2/v3/userinfo", "POST", userinfo_v3},
    {"/v1/userinfo", "GET", userinfo_v3},
    {"/v1/userinfo", "POST", userinfo_v3},
    {"/oauth2/v2/introspect", "POST", introspect},
    {"/v1/introspect", "POST", introspect},
    {"/revoke", "POST", revoke},
    {"/revoke", "GET", revoke},
    {"/o/oauth2/revoke", "POST", revoke},
    {"/o/oauth2/revoke", "GET", revoke},
    {"/external-account/subject-token", "GET", subject_token},
    {"/computeMetadata/v1", "GET", metadata_face, Tail::kAny},
    {kAccounts, "POST", create_account},
    {kAccounts, "GET", list_accounts},
    {kAccount, "GET", show_account, Tail::kOne},
    {kAccount, "PATCH", change_account, Tail::kOne},
    {kAccount, "DELETE", delete_account, Tail::kOne},
    {kAccount, "POST", account_action, Tail::kAny},
    {kClients, "POST", create_client},
    {kClients, "GET", list_clients},
    {kClient, "PATCH", change_client, Tail::kOne},
    {kClient, "DELETE", delete_client, Tail::kOne},
};

// Google's hosts as the first part of a path, so that one address can stand in for all of them.
constexpr std::string_view kHosts[] = {"/accounts.google.com", "/oauth2.googleapis.com",
                                       "/www.googleapis.com", "/openidconnect.googleapis.com",
                                       "/sts.googleapis.com"};

std::string_view without_host(std::string_view path) {
  for (std::string_view host : kHosts) {
    if (path.starts_with(host) && path.substr(host.size()).starts_with('/')) return path.substr(host.size());
  }
  return path;
}

bool matches(const Route& route, std::string_view path) {
  if (route.tail == Tail::kNone) return path == route.path;
  if (!path.starts_with(route.path)) return false;
  const std::string_view rest = path.substr(route.path.size());
  if (route.tail == Tail::kOne) return !rest.empty() && rest.find('/') == std::string_view::npos;
  if (route.path.ends_with('/')) return rest.find('/') != std::string_view::npos && rest.find('/') > 0;
  return rest.empty() || rest.starts_with('/');
}

// The audit log's line about a change that was made: "virtual-account.rotate 1234…".
void note_change(const OAuthParts& parts, const HttpRequest& request, const RouteMatch& match,
                 const std::string& actor, const HttpResponse& response) {
  const std::string_view path = without_host(request.path);
  std::string_view subject = match.rest;
  std::string_view verb = request.method == "PATCH" ? "change" : request.method == "DELETE" ? "delete" : "create";
  if (const std::size_t slash = subject.find('/'); slash != std::string_view::npos) {
    verb = subject.substr(slash + 1);
    subject = subject.substr(0, slash);
  }
  if (subject.empty()) {
    subject = find_header(response.headers, "Location");
    subject.remove_prefix(subject.rfind('/') == std::string_view::npos ? 0 : subject.rfind('/') + 1);
  }
  AuditRecord record;
  record.at_ms = parts.clock.unix_ms();
  record.actor = actor;
  record.action = std::string(path.starts_with(kAccounts) ? "virtual-account." : "oauth-client.") + std::string(verb);
  record.subject = subject;
  record.detail = "{}";
  record.address = request.remote_address;
  if (Status kept = parts.store.append_audit(record); !kept) {
    parts.log.error("the audit log could not be written; the change was made",
                    {{"action", record.action}, {"subject", record.subject}, {"reason", kept.error().describe()}});
  }
}

}  // namespace

RouteMatch find_route(const HttpRequest& request) {
  RouteMatch match;
  if (is_metadata_ping(request))
    return {true, false, request.method == "GET" ? metadata_ping : nullptr, {}, "GET"};
  const std::string_view path = without_host(request.path);
  const std::string_view method =
      request.method == "HEAD" ? std::string_view("GET") : std::string_view(request.method);
  for (const Route& route : kRoutes) {
    if (!matches(route, path)) continue;
    match.known = true;
    match.admin = path.starts_with("/api/admin/");
    match.allow += (match.allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method != method) continue;
    match.handler = route.handler;
    match.rest = path.substr(route.path.size());
  }
  return match;
}

HttpResponse run_route(OAuthParts& parts, const HttpRequest& request) {
  const RouteMatch match = find_route(request);
  if (!match.known)
    return api_error(404, "NOT_FOUND", "There is nothing at this path; docs/oauth2.md lists what there is.");
  std::string actor;
  if (match.admin) {
    if (std::optional<HttpResponse> refused = refuse_unless_admin(parts, request, actor)) return std::move(*refused);
  }
  if (match.handler == nullptr) {
    HttpResponse refused = api_error(405, "INVALID_ARGUMENT", "This path takes " + match.allow + ".");
    set_header(refused, "Allow", match.allow);
    return refused;
  }
  HttpResponse response = match.handler(parts, request, match.rest);
  constexpr int kFirstRefusal = 300;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (match.admin && !reads && response.status < kFirstRefusal) note_change(parts, request, match, actor, response);
  if (request.method == "HEAD") response.body.clear();
  return response;
}

}  // namespace moongate
