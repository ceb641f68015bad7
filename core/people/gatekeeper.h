// Who a request to the control port comes from: the admin token, a session as Bearer or by cookie, the local socket.
#pragma once

#include "identity/caller.h"
#include "people/origin_policy.h"
#include "people/sessions.h"

namespace moongate {

class Gatekeeper {
 public:
  // The references must outlive it.
  Gatekeeper(Store& store, Sessions& sessions, const OriginPolicy& origins, const Logger& log)
      : store_(store), sessions_(sessions), origins_(origins), log_(log) {}

  // As Admission has it. By cookie, whatever changes something must carry the session's X-CSRF-Token.
  OrReply<Caller> admit(const HttpRequest& request) const;

 private:
  OrReply<Caller> by_bearer(std::string_view token) const;
  OrReply<Caller> by_cookie(const HttpRequest& request, std::string_view token) const;
  OrReply<Caller> by_session(std::string_view token) const;
  HttpResponse store_failed(const Error& error) const;

  Store& store_;
  Sessions& sessions_;
  const OriginPolicy& origins_;
  const Logger& log_;
};

// Has the form of a session's access token, whatever it is worth.
bool looks_like_jwt(std::string_view token);
bool changes_something(const HttpRequest& request);

}  // namespace moongate
