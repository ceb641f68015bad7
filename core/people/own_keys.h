// /api/keys: a user's own API keys. Those of others do not exist here.
#pragma once

#include "people/people_parts.h"

namespace moongate {

HttpResponse list_own_keys(PeopleParts& parts, const PeopleCall& call);
HttpResponse create_own_key(PeopleParts& parts, const PeopleCall& call);
HttpResponse show_own_key(PeopleParts& parts, const PeopleCall& call);
HttpResponse change_own_key(PeopleParts& parts, const PeopleCall& call);
HttpResponse erase_own_key(PeopleParts& parts, const PeopleCall& call);
HttpResponse regenerate_own_key(PeopleParts& parts, const PeopleCall& call);
HttpResponse own_key_usage(PeopleParts& parts, const PeopleCall& call);

}  // namespace moongate
