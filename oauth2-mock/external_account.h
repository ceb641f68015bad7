// external_account credential files of virtual accounts: the library fetches a subject token from us with the
// file's own secret, and exchanges it at our token endpoint.
#pragma once

#include <string>
#include <string_view>

#include "oauth2-mock/parts.h"

namespace moongate {

// The identity provider that the file pretends to come from; the audience of its subject tokens.
std::string workload_audience(const VirtualAccount& account);

// The whole file for an account; `secret` is the one whose digest the store keeps.
boost::json::object external_account_file(const OAuthSettings& settings, const VirtualAccount& account,
                                          std::string_view secret);
// The secret that goes into such a file: whose it is, and random characters.
std::string new_external_secret(const VirtualAccount& account, Random& random);

// GET /external-account/subject-token with the secret as Bearer: {"id_token": …}.
HttpResponse subject_token(OAuthParts& parts, const HttpRequest& request, std::string_view rest);

}  // namespace moongate
