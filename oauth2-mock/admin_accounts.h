// /api/admin/service-accounts/virtual: making, listing, disabling and deleting virtual service accounts.
#pragma once

#include "oauth2-mock/parts.h"

namespace moongate {

// The answer is the key file, which exists nowhere else: only its public key is kept.
HttpResponse create_account(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse list_accounts(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// `rest` of these begins with the account's id or e-mail address.
HttpResponse show_account(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
HttpResponse change_account(OAuthParts& parts, const HttpRequest& request, std::string_view rest);  // PATCH
HttpResponse delete_account(OAuthParts& parts, const HttpRequest& request, std::string_view rest);
// POST {account}/disable, /enable, /external-account
HttpResponse account_action(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

}  // namespace moongate
