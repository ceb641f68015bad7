#include "people/people_service.h"

#include "people/people_routes.h"

namespace moongate {

struct PeopleService::State {
  State(Parts p, AdminOptions o, AdminHooks h, PeopleHooks ph)
      : options(std::move(o)),
        hooks(std::move(h)),
        people_hooks(std::move(ph)),
        keys(p.master_key),
        sessions(p.store, p.clock, p.random, p.log, options.settings, keys),
        origins(options.settings.console.cors_origins),
        gate(p.store, sessions, origins, p.log),
        passwords(p.random, {}),
        throttle(p.counters, keys, options.settings.users.login_attempts),
        login_keys(p.store, p.clock, p.random, p.log, p.master_key),
        parts{{p.store, p.clock, p.random, p.log, options, hooks},
              options.settings,
              sessions,
              gate,
              origins,
              passwords,
              throttle,
              login_keys,
              people_hooks,
              mail,
              changing},
        mail(p.mailer, p.log) {}

  const AdminOptions options;
  const AdminHooks hooks;
  const PeopleHooks people_hooks;
  const SessionKeys keys;
  Sessions sessions;
  const OriginPolicy origins;
  const Gatekeeper gate;
  PasswordDesk passwords;
  Throttle throttle;
  LoginKeys login_keys;
  std::mutex changing;
  PeopleParts parts;
  MailQueue mail;  // ends first: its work uses all of the above
};

PeopleService::PeopleService(Parts parts, AdminOptions options, AdminHooks hooks, PeopleHooks people_hooks)
    : state_(std::make_unique<State>(parts, std::move(options), std::move(hooks), std::move(people_hooks))) {}

PeopleService::~PeopleService() = default;

void PeopleService::settle_mail() { state_->mail.settle(); }

bool PeopleService::serves(const HttpRequest& request) const { return find_people_route(request).known; }

HttpResponse PeopleService::handle(const HttpRequest& request) {
  const PeopleRouteMatch match = find_people_route(request);
  if (!match.known) {
    return api_error(404, "NOT_FOUND", "There is nothing at this path; docs/user-api.md lists what there is.");
  }
  PeopleCall call{request, match.name, {}};
  if (!match.open) {
    OrReply<Caller> caller = state_->gate.admit(request);
    if (auto* refused = std::get_if<HttpResponse>(&caller)) return std::move(*refused);
    call.caller = std::move(std::get<Caller>(caller));
  }
  if (match.handler == nullptr) {
    HttpResponse refused = api_error(405, "INVALID_ARGUMENT", "This path takes " + match.allow + ".");
    set_header(refused, "Allow", match.allow);
    return refused;
  }
  return match.handler(state_->parts, call);
}

OrReply<Caller> PeopleService::admit(const HttpRequest& request) const { return state_->gate.admit(request); }

bool PeopleService::is_foreign(const HttpRequest& request) const { return state_->origins.is_foreign(request); }

std::optional<HttpResponse> PeopleService::preflight(const HttpRequest& request) const {
  return state_->origins.preflight(request);
}

void PeopleService::dress(const HttpRequest& request, HttpResponse& response) const {
  state_->origins.dress(request, response);
}

OrReply<UserRecord> account_of(PeopleParts& parts, const PeopleCall& call) {
  if (call.caller.user_id.empty()) {
    return api_error(403, "PERMISSION_DENIED",
                     "This is for users; the admin token is nobody's account. /api/admin/ has the same for every user.");
  }
  Result<std::optional<UserRecord>> user = parts.store().find_user(call.caller.user_id);
  if (!user) return store_refused(parts.admin, user.error());
  if (!*user) return not_found("user");
  return std::move(**user);
}

}  // namespace moongate
