#include "people/session_keys.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "crypto/base64.h"
#include "crypto/hash.h"
#include "crypto/jwt.h"
#include "crypto/sealed_box.h"

namespace moongate {
namespace {

constexpr std::string_view kIssuer = "moongate";
constexpr std::string_view kAudience = "moongate-session";
constexpr std::int64_t kSkewS = 60;  // between gateways' clocks

Secret derived(const Secret& master_key, std::string_view purpose) {
  return Secret(hkdf_sha256(master_key.reveal(), "", purpose, 32));
}

}  // namespace

SessionKeys::SessionKeys(const Secret& master_key)
    : signing_(derived(master_key, "moongate session tokens v1")),
      csrf_(derived(master_key, "moongate csrf tokens v1")),
      blinding_(derived(master_key, "moongate login names v1")) {}

std::string SessionKeys::access_token(const AccessClaims& claims, std::int64_t now_s, std::int64_t lifetime_s) const {
  const boost::json::object payload{{"iss", kIssuer},         {"aud", kAudience},    {"sub", claims.user_id},
                                    {"sid", claims.session_id}, {"iat", now_s}, {"exp", now_s + lifetime_s}};
  return sign_hs256_jwt(signing_.reveal(), "", boost::json::serialize(payload));
}

std::optional<AccessClaims> SessionKeys::read(std::string_view token, std::int64_t now_s) const {
  const Result<DecodedJwt> decoded = decode_jwt(token);
  if (!decoded || !verify_hs256(*decoded, signing_.reveal())) return std::nullopt;
  if (decoded->claims.issuer != kIssuer || !decoded->claims.audience_is(kAudience)) return std::nullopt;
  if (!check_times(decoded->claims, {now_s, kSkewS, 0})) return std::nullopt;
  // The skew is for tokens from the future; one that is over is over.
  if (decoded->claims.expires_at.value_or(0) <= now_s) return std::nullopt;
  boost::json::error_code failed;
  const boost::json::value payload = boost::json::parse(decoded->payload, failed);
  if (failed || !payload.is_object()) return std::nullopt;
  const boost::json::value* sid = payload.get_object().if_contains("sid");
  if (sid == nullptr || !sid->is_string()) return std::nullopt;
  return AccessClaims{std::string(sid->get_string()), decoded->claims.subject};
}

std::string SessionKeys::csrf_token(std::string_view session_id) const {
  return base64url_encode(hmac_sha256(csrf_.reveal(), session_id));
}

bool SessionKeys::is_csrf_token(std::string_view token, std::string_view session_id) const {
  return constant_time_equal(token, csrf_token(session_id));
}

std::string SessionKeys::blind(std::string_view text) const {
  return hex_encode(hmac_sha256(blinding_.reveal(), text)).substr(0, 32);
}

}  // namespace moongate
