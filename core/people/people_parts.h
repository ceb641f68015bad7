// What the handlers of /api/auth, /api/keys and their kin work with. Inside core/people only.
#pragma once

#include <boost/json/object.hpp>
#include <mutex>
#include <string>
#include <string_view>

#include "control/admin_parts.h"
#include "people/gatekeeper.h"
#include "people/login_keys.h"
#include "people/mail.h"
#include "people/password_desk.h"
#include "people/people_hooks.h"
#include "people/throttle.h"

namespace moongate {

struct PeopleParts {
  AdminParts admin;  // store, clock, random, log, and the words that tell other gateways
  const Settings& settings;
  Sessions& sessions;
  const Gatekeeper& gate;
  const OriginPolicy& origins;
  PasswordDesk& passwords;
  Throttle& throttle;
  LoginKeys& login_keys;
  const PeopleHooks& hooks;
  MailQueue& mail;
  std::mutex& changing;  // a change reads a record, edits it and writes it back

  Store& store() const { return admin.store; }
};

// A request with what stands in the route's place for a name, and who sent it where the route asks for that.
struct PeopleCall {
  const HttpRequest& request;
  std::string name;
  Caller caller;

  AdminCall admin() const { return {request, name, caller.name}; }
};

using PeopleHandler = HttpResponse (*)(PeopleParts&, const PeopleCall&);

// A user of the store, by the session: 403 for the admin token and the local socket, which are nobody's account.
OrReply<UserRecord> account_of(PeopleParts& parts, const PeopleCall& call);

}  // namespace moongate
