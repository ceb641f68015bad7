#include "control/admin_service.h"

#include <mutex>

#include "control/admin_map.h"
#include "control/admin_parts.h"
#include "control/admin_policy.h"
#include "control/admin_routes.h"
#include "identity/admin_token.h"

namespace moongate {

struct AdminService::State {
  State(Store& store, const Clock& clock, Random& random, const Logger& log, AdminOptions o, AdminHooks h)
      : options(std::move(o)), hooks(std::move(h)), parts{store, clock, random, log, options, hooks, &jobs}, jobs(clock, random) {}

  OrReply<Caller> admit(const HttpRequest& request) const;

  const AdminOptions options;
  const AdminHooks hooks;
  AdminParts parts;
  // A change reads a record, edits it and writes it back.
  std::mutex changing;
  JobRegistry jobs;  // the first to go: what runs works with all of the above
};

OrReply<Caller> AdminService::State::admit(const HttpRequest& request) const {
  if (hooks.admit) return hooks.admit(request);
  Caller caller;
  caller.name = request.trusted ? "local" : "admin";
  caller.role = Role::kAdmin;
  if (request.trusted) return caller;
  const std::string_view token = bearer_of(request);
  const Result<bool> admin = is_admin_token(parts.store, token);
  if (!admin) return store_refused(parts, admin.error());
  if (*admin) return caller;
  HttpResponse refused = api_error(
      401, "UNAUTHENTICATED",
      token.empty() ? "Send the admin token: \"Authorization: Bearer …\"; it was shown at the first start."
                    : "The admin token is wrong; `moongate admin-token` makes a new one.");
  set_header(refused, "WWW-Authenticate", "Bearer realm=\"moongate admin\"");
  return refused;
}

AdminService::AdminService(Store& store, const Clock& clock, Random& random, const Logger& log, AdminOptions options,
                           AdminHooks hooks)
    : state_(std::make_unique<State>(store, clock, random, log, std::move(options), std::move(hooks))) {}

AdminService::~AdminService() = default;

void AdminService::keep_found_versions() {
  keep_found_map(state_->parts);
  keep_found_policy(state_->parts);
}

bool AdminService::serves(const HttpRequest& request) const { return find_admin_route(request).known; }

HttpResponse AdminService::handle(const HttpRequest& request) {
  const AdminRouteMatch match = find_admin_route(request);
  OrReply<Caller> admitted = state_->admit(request);
  if (auto* refused = std::get_if<HttpResponse>(&admitted)) return std::move(*refused);
  const Caller& caller = std::get<Caller>(admitted);
  // Who is nothing here is not told what there is.
  if (auto refused = refuse_below(caller, Role::kViewer)) return std::move(*refused);
  if (!match.known) {
    return api_error(404, "NOT_FOUND", "There is nothing at this path; docs/admin-api.md lists what there is.");
  }
  if (match.handler == nullptr) {
    HttpResponse refused = api_error(405, "INVALID_ARGUMENT", "This path takes " + match.allow + ".");
    set_header(refused, "Allow", match.allow);
    return refused;
  }
  if (auto refused = refuse_below(caller, match.least)) return std::move(*refused);
  const AdminCall call{request, match.name, caller.name, caller.user_id};
  std::unique_lock<std::mutex> alone(state_->changing, std::defer_lock);
  if (match.changes) alone.lock();
  return match.handler(state_->parts, call);
}

}  // namespace moongate
