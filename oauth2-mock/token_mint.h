// Makes the tokens that the grants hand out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "oauth2-mock/parts.h"

namespace moongate {

// Whom a token stands for: an account, a client, or an account that agreed to a client's request.
struct TokenSubject {
  std::shared_ptr<const VirtualAccount> account;  // null: the client alone
  std::string client_id;                          // empty: the account by itself
  std::string family;                             // of refresh tokens; empty: none
};

std::string mint_access_token(OAuthParts& parts, const TokenSubject& subject, std::string_view scope);

// {"access_token", "expires_in", "token_type"}, to which a grant adds what else it gives.
boost::json::object access_token_answer(OAuthParts& parts, const TokenSubject& subject,
                                        std::string_view scope);

struct IdTokenRequest {
  std::string audience;
  std::string authorized_party;  // azp; empty: the subject's id
  std::string nonce;
  std::string access_token;  // for at_hash; empty: none
  bool with_email = true;
};
// An id token of an hour, signed with the ring's key. The ring must have been refreshed once.
std::string mint_id_token(OAuthParts& parts, const TokenSubject& subject, const IdTokenRequest& request);

// A new refresh token of `family`, kept by its digest. Error: the store's.
Result<std::string> mint_refresh_token(OAuthParts& parts, const TokenSubject& subject,
                                       std::string_view scope);
// Puts a new one in the place of the token with that digest; nothing: it was not active any more.
Result<std::optional<std::string>> rotate_refresh_token(OAuthParts& parts, const TokenSubject& subject,
                                                        std::string_view scope, std::string_view old_sha256);

// Revokes all tokens that go back to one consent, access tokens too, and publishes that.
Status revoke_family(OAuthParts& parts, std::string_view family);

// Scopes separated by single spaces, each once. Nothing: a character that RFC 6749 does not allow, or more
// than 4096 of them.
std::optional<std::string> normal_scope(std::string_view text);
// Whether every scope of `part` is in `whole`; both are normal.
bool scope_within(std::string_view part, std::string_view whole);
bool scope_has(std::string_view scope, std::string_view one);

}  // namespace moongate
