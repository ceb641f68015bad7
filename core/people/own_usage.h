// What is left, what was used and what it cost: of the user who is signed in, or of the client whose key is shown.
#pragma once

#include "people/people_parts.h"

namespace moongate {

HttpResponse show_quota(PeopleParts& parts, const PeopleCall& call);
HttpResponse show_own_usage(PeopleParts& parts, const PeopleCall& call);
HttpResponse show_stats(PeopleParts& parts, const PeopleCall& call);
HttpResponse show_account(PeopleParts& parts, const PeopleCall& call);
HttpResponse show_billing(PeopleParts& parts, const PeopleCall& call);
// What a presented key is worth: {"valid"}, and if it is, whose it is and what it may.
HttpResponse verify_key(PeopleParts& parts, const PeopleCall& call);

}  // namespace moongate
