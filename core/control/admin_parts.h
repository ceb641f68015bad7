// What the handlers of the admin API work with. Inside core/control and core/people only.
#pragma once

#include <boost/json/object.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "control/admin_service.h"
#include "control/job_registry.h"
#include "http/api_reply.h"

namespace moongate {

struct AdminParts {
  Store& store;
  const Clock& clock;
  Random& random;
  const Logger& log;
  const AdminOptions& options;
  const AdminHooks& hooks;
  JobRegistry* jobs = nullptr;  // of the admin API's own handlers

  std::int64_t now_s() const { return clock.unix_seconds(); }
};

struct AdminCall {
  const HttpRequest& request;
  std::string name;   // what stands in the route's place for a name, percent-decoded
  std::string actor;  // for the audit log: "admin" by the token, "local" over the local socket, or a user's name
  std::string actor_id = {};  // the user's; empty: the admin token, or the local socket
};

using AdminHandler = HttpResponse (*)(AdminParts&, const AdminCall&);

// 503; the reason goes to the log. kInvalid of the store is the caller's fault and becomes 400.
HttpResponse store_refused(const AdminParts& parts, const Error& error);
HttpResponse not_found(std::string_view what);
HttpResponse already_there(std::string_view message);
HttpResponse no_content();

// Notes who did what. `detail` must hold no secret. The change has happened: a store that cannot take the note is told in
// the log, with the same words.
void note(AdminParts& parts, const AdminCall& call, std::string_view action, std::string_view subject,
          boost::json::object detail = {});
// note(), and the word to the other gateways.
void note_directory_change(AdminParts& parts, const AdminCall& call, std::string_view action, std::string_view subject,
                           boost::json::object detail = {});

// By id or name.
OrReply<UserRecord> find_user(const AdminParts& parts, std::string_view id_or_name);
OrReply<ClientRecord> find_client(const AdminParts& parts, std::string_view id_or_name);

// A record id: the letter, '-' and 16 random characters.
std::string new_id(Random& random, char letter);

}  // namespace moongate
