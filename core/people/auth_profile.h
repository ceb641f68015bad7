// /api/auth/profile and /api/auth/sessions: one's own account.
#pragma once

#include "people/people_parts.h"

namespace moongate {

HttpResponse show_profile(PeopleParts& parts, const PeopleCall& call);
HttpResponse change_profile(PeopleParts& parts, const PeopleCall& call);
HttpResponse list_own_sessions(PeopleParts& parts, const PeopleCall& call);
HttpResponse end_other_sessions(PeopleParts& parts, const PeopleCall& call);
HttpResponse end_session(PeopleParts& parts, const PeopleCall& call);

}  // namespace moongate
