// /api/auth/login, refresh and logout.
#pragma once

#include "people/people_parts.h"

namespace moongate {

HttpResponse log_in(PeopleParts& parts, const PeopleCall& call);
HttpResponse refresh_session(PeopleParts& parts, const PeopleCall& call);
HttpResponse log_out(PeopleParts& parts, const PeopleCall& call);

// {"user", "csrf_token", "expires_in"}, with cookies, or else with the tokens.
HttpResponse issued_reply(int status, const PeopleCall& call, const IssuedSession& session, bool by_cookie);
boost::json::object caller_view(const Caller& caller);

}  // namespace moongate
