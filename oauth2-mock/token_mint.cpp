#include "oauth2-mock/token_mint.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "crypto/hash.h"
#include "crypto/jwt.h"

namespace moongate {
namespace {

constexpr std::int64_t kIdTokenS = 3600;
constexpr std::int64_t kRefreshTokenS = 180LL * 86400;  // Google's die after half a year without use
constexpr std::size_t kMaxScope = 4096;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

RefreshTokenRecord refresh_record(const OAuthParts& parts, const TokenSubject& subject,
                                  std::string_view scope, std::string_view token) {
  RefreshTokenRecord record;
  record.token_sha256 = sha256_hex(token);
  record.family = subject.family;
  record.client_id = subject.client_id;
  record.account_id = subject.account ? subject.account->id : std::string();
  record.scope = scope;
  record.created_at_s = parts.now_s();
  record.expires_at_s = record.created_at_s + kRefreshTokenS;
  return record;
}

std::string new_refresh_token(OAuthParts& parts) { return "1//0mg" + random_token(parts.random, 60); }

}  // namespace

std::string mint_access_token(OAuthParts& parts, const TokenSubject& subject, std::string_view scope) {
  AccessToken token;
  if (subject.account) token.account_id = subject.account->id;
  token.client_id = subject.client_id;
  token.scope = scope;
  token.id = random_token(parts.random, 22);
  token.family = subject.family;
  token.issued_at_s = parts.now_s();
  token.expires_at_s = token.issued_at_s + parts.settings.access_token_s;
  return seal_access_token(parts.token_box, token, parts.random);
}

boost::json::object access_token_answer(OAuthParts& parts, const TokenSubject& subject,
                                        std::string_view scope) {
  return {{"access_token", mint_access_token(parts, subject, scope)},
          {"expires_in", parts.settings.access_token_s},
          {"token_type", "Bearer"}};
}

std::string mint_id_token(OAuthParts& parts, const TokenSubject& subject, const IdTokenRequest& request) {
  const std::int64_t now_s = parts.now_s();
  const std::string& id = subject.account ? subject.account->id : subject.client_id;
  boost::json::object claims{
      {"aud", request.audience},  {"azp", request.authorized_party.empty() ? id : request.authorized_party},
      {"exp", now_s + kIdTokenS}, {"iat", now_s},
      {"iss", kIssuer},           {"sub", id}};
  if (subject.account && request.with_email) {
    claims["email"] = subject.account->email;
    claims["email_verified"] = true;
  }
  if (!request.nonce.empty()) claims["nonce"] = request.nonce;
  if (!request.access_token.empty()) {
    // OpenID Connect Core 3.1.3.6: the left half of the digest.
    claims["at_hash"] = base64url_encode(sha256(request.access_token).substr(0, 16));
  }
  const KeyRing::Key key = parts.keys.signing_key();
  return sign_rs256_jwt(key->key, key->key_id, boost::json::serialize(claims));
}

Result<std::string> mint_refresh_token(OAuthParts& parts, const TokenSubject& subject,
                                       std::string_view scope) {
  std::string token = new_refresh_token(parts);
  const Result<bool> kept = parts.store.insert_refresh_token(refresh_record(parts, subject, scope, token));
  if (!kept) return kept.error();
  return token;
}

Result<std::optional<std::string>> rotate_refresh_token(OAuthParts& parts, const TokenSubject& subject,
                                                        std::string_view scope, std::string_view old_sha256) {
  std::string token = new_refresh_token(parts);
  const Result<bool> rotated =
      parts.store.rotate_refresh_token(old_sha256, refresh_record(parts, subject, scope, token));
  if (!rotated) return rotated.error();
  if (!*rotated) return std::optional<std::string>();
  return std::optional<std::string>(std::move(token));
}

Status revoke_family(OAuthParts& parts, std::string_view family) {
  const Result<std::int64_t> tokens = parts.store.revoke_refresh_family(family);
  if (!tokens) return tokens.error();
  const std::int64_t last_expiry = parts.now_s() + parts.settings.access_token_s;
  if (Status ok = parts.store.revoke_token({std::string(family), last_expiry}); !ok) return ok;
  return parts.directory.reload();
}

std::optional<std::string> normal_scope(std::string_view text) {
  if (text.size() > kMaxScope) return std::nullopt;
  // RFC 6749 section 3.3: printable ASCII without '"' and '\'.
  const bool allowed = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
  if (!allowed) return std::nullopt;
  std::vector<std::string_view> kept;
  std::string scope;
  for (std::string_view word : words_of(text)) {
    if (std::find(kept.begin(), kept.end(), word) != kept.end()) continue;
    kept.push_back(word);
    if (!scope.empty()) scope += ' ';
    scope += word;
  }
  return scope;
}

bool scope_has(std::string_view scope, std::string_view one) {
  const std::vector<std::string_view> words = words_of(scope);
  return std::find(words.begin(), words.end(), one) != words.end();
}

bool scope_within(std::string_view part, std::string_view whole) {
  const std::vector<std::string_view> words = words_of(part);
  return std::all_of(words.begin(), words.end(),
                     [&](std::string_view word) { return scope_has(whole, word); });
}

}  // namespace moongate
