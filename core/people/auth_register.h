// /api/auth/register, verify-email, forgot-password, reset-password, and invitations: how people come to an account.
// Answers do not tell which names and addresses have one: what depends on that is done behind them, and told by e-mail.
#pragma once

#include "people/people_parts.h"

namespace moongate {

HttpResponse register_user(PeopleParts& parts, const PeopleCall& call);
HttpResponse verify_email(PeopleParts& parts, const PeopleCall& call);
HttpResponse forgot_password(PeopleParts& parts, const PeopleCall& call);
HttpResponse reset_password(PeopleParts& parts, const PeopleCall& call);
// For the links of messages: a page with a form that does the above. Opening it does nothing yet.
HttpResponse show_auth_page(PeopleParts& parts, const PeopleCall& call);

HttpResponse list_invitations(PeopleParts& parts, const PeopleCall& call);
HttpResponse create_invitation(PeopleParts& parts, const PeopleCall& call);
HttpResponse erase_invitation(PeopleParts& parts, const PeopleCall& call);

// A user who is signed in wants another address: applied at once, or once it is proven.
std::optional<HttpResponse> change_address(PeopleParts& parts, const PeopleCall& call, const UserRecord& user,
                                           const std::string& email);

}  // namespace moongate
