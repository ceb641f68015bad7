#include "crypto/jwt.h"

#include <array>
#include <boost/json/serialize.hpp>
#include <limits>

#include "crypto/base64.h"
#include "crypto/hash.h"
#include "crypto/json_object.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxDepth = 8;
constexpr std::size_t kMaxAudiences = 64;

Error broken(std::string why) {
  return Error(ErrorKind::kInvalid, "the JWT " + std::move(why), ErrorSource::kClient);
}

Error refused(std::string why) {
  return Error(ErrorKind::kUnauthenticated, "the JWT " + std::move(why), ErrorSource::kClient);
}

Result<boost::json::object> decode_segment(std::string_view segment, const char* what) {
  const std::optional<std::string> text = base64url_decode(segment);
  if (!text) return broken(std::string("has a ") + what + " that is not base64url");
  Result<boost::json::object> object = parse_json_object(*text, kMaxJwtBytes, kMaxDepth);
  if (!object) return object.error().wrap(std::string("the JWT has a ") + what + " that is no JSON object");
  return object;
}

// An absent text stays empty; one of another type is an error.
Status take_text(const boost::json::object& object, const char* name, std::string& out) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr) return {};
  if (!value->is_string()) return broken(std::string("has a ") + name + " that is not a string");
  out.assign(value->get_string());
  return {};
}

Status take_time(const boost::json::object& object, const char* name, std::optional<std::int64_t>& out) {
  if (!object.contains(name)) return {};
  out = json_integer(object, name);
  // Bounds that make every sum of a time, a lifetime and a skew safe. Year 9999 is enough.
  if (!out || *out < 0 || *out > 253402300799) {
    return broken(std::string("has a ") + name + " that is not a time in whole seconds");
  }
  return {};
}

Status take_audience(const boost::json::object& object, JwtClaims& claims) {
  const boost::json::value* value = object.if_contains("aud");
  if (value == nullptr) return {};
  if (value->is_string()) {
    claims.audience.emplace_back(value->get_string());
    return {};
  }
  if (!value->is_array() || value->get_array().size() > kMaxAudiences) {
    return broken("has an aud that is neither a string nor a list of strings");
  }
  claims.audience_is_list = true;
  for (const boost::json::value& one : value->get_array()) {
    if (!one.is_string()) return broken("has an aud that is neither a string nor a list of strings");
    claims.audience.emplace_back(one.get_string());
  }
  return {};
}

Status take_claims(const boost::json::object& object, JwtClaims& claims) {
  for (auto [name, text] :
       {std::pair{"iss", &claims.issuer}, std::pair{"sub", &claims.subject},
        std::pair{"scope", &claims.scope}, std::pair{"target_audience", &claims.target_audience}}) {
    if (Status ok = take_text(object, name, *text); !ok) return ok;
  }
  for (auto [name, time] : {std::pair{"iat", &claims.issued_at}, std::pair{"exp", &claims.expires_at},
                            std::pair{"nbf", &claims.not_before}}) {
    if (Status ok = take_time(object, name, *time); !ok) return ok;
  }
  return take_audience(object, claims);
}

std::string header_and_payload(const char* algorithm, std::string_view key_id, std::string_view payload) {
  boost::json::object header{{"alg", algorithm}, {"typ", "JWT"}};
  if (!key_id.empty()) header["kid"] = key_id;
  return base64url_encode(boost::json::serialize(header)) + "." + base64url_encode(payload);
}

}  // namespace

Result<DecodedJwt> decode_jwt(std::string_view token) {
  if (token.size() > kMaxJwtBytes) return broken("is longer than " + std::to_string(kMaxJwtBytes) + " bytes");
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return broken("does not have three segments");
  }
  DecodedJwt jwt;
  const Result<boost::json::object> header = decode_segment(token.substr(0, first), "header");
  if (!header) return header.error();
  if (header->contains("crit")) return broken("demands extensions (crit) that are not known here");
  for (auto [name, text] :
       {std::pair{"alg", &jwt.algorithm}, std::pair{"kid", &jwt.key_id}, std::pair{"typ", &jwt.type}}) {
    if (Status ok = take_text(*header, name, *text); !ok) return ok.error();
  }
  const std::string_view payload = token.substr(first + 1, second - first - 1);
  const Result<boost::json::object> claims = decode_segment(payload, "payload");
  if (!claims) return claims.error();
  if (Status ok = take_claims(*claims, jwt.claims); !ok) return ok.error();
  jwt.payload = *base64url_decode(payload);
  std::optional<std::string> signature = base64url_decode(token.substr(second + 1));
  if (!signature) return broken("has a signature that is not base64url");
  jwt.signature = std::move(*signature);
  jwt.signed_part.assign(token.substr(0, second));
  return jwt;
}

bool verify_rs256(const DecodedJwt& token, const RsaPublicKey& key) {
  return token.algorithm == "RS256" && key.verify_rs256(token.signed_part, token.signature);
}

bool verify_hs256(const DecodedJwt& token, std::string_view secret) {
  return token.algorithm == "HS256" && !secret.empty() &&
         constant_time_equal(hmac_sha256(secret, token.signed_part), token.signature);
}

Status check_times(const JwtClaims& claims, const JwtTimes& times) {
  if (!claims.expires_at) return refused("has no exp");
  if (*claims.expires_at + times.skew_s <= times.now_s) return refused("has expired (exp)");
  if (claims.not_before && *claims.not_before - times.skew_s > times.now_s)
    return refused("is not valid yet (nbf)");
  if (claims.issued_at && *claims.issued_at - times.skew_s > times.now_s) {
    return refused("comes from the future (iat)");
  }
  if (times.max_lifetime_s == 0) return {};
  if (!claims.issued_at) return refused("has no iat");
  if (*claims.expires_at <= *claims.issued_at) return refused("ends before it begins (iat, exp)");
  if (*claims.expires_at - *claims.issued_at > times.max_lifetime_s) {
    return refused("is valid for longer than " + std::to_string(times.max_lifetime_s) +
                   " seconds (iat, exp)");
  }
  return {};
}

std::string sign_rs256_jwt(const RsaPrivateKey& key, std::string_view key_id, std::string_view payload) {
  std::string token = header_and_payload("RS256", key_id, payload);
  token += "." + base64url_encode(key.sign_rs256(token));
  return token;
}

std::string sign_hs256_jwt(std::string_view secret, std::string_view key_id, std::string_view payload) {
  std::string token = header_and_payload("HS256", key_id, payload);
  token += "." + base64url_encode(hmac_sha256(secret, token));
  return token;
}

}  // namespace moongate
