// /api/auth and its kin: how people sign in, and what they may see and do of their own.
#pragma once

#include <memory>

#include "control/admin_service.h"
#include "identity/caller.h"
#include "people/counters.h"
#include "people/mail.h"
#include "people/people_hooks.h"

namespace moongate {

class PeopleService {
 public:
  struct Parts {
    Store& store;
    const Clock& clock;
    Random& random;
    const Logger& log;
    const Secret& master_key;
    Counters& counters;
    Mailer& mailer;
  };
  // The references must outlive the service. Of the hooks only directory_changed is called.
  PeopleService(Parts parts, AdminOptions options, AdminHooks hooks, PeopleHooks people_hooks = {});
  ~PeopleService();
  PeopleService(const PeopleService&) = delete;
  PeopleService& operator=(const PeopleService&) = delete;

  // Whether the path is one of ours (docs/user-api.md), whatever the method.
  bool serves(const HttpRequest& request) const;
  // Blocks on the store and on passwords; safe from several threads.
  HttpResponse handle(const HttpRequest& request);

  // Who sent a request, for every other part of the control port. Lives as long as the service.
  OrReply<Caller> admit(const HttpRequest& request) const;
  // Whether a page of another site sent it, for parts that look for themselves.
  bool is_foreign(const HttpRequest& request) const;

  // Until the messages are sent that answers so far have led to. For tests.
  void settle_mail();

  // Around everything that the control port answers: preflights, and headers on answers of /api/.
  std::optional<HttpResponse> preflight(const HttpRequest& request) const;
  void dress(const HttpRequest& request, HttpResponse& response) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moongate
