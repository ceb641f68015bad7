// Google's token endpoint: assertions of a service account against access tokens and id tokens.
#include <boost/json.hpp>

#include "crypto/jwt.h"
#include "simulator/call.h"
#include "simulator/json_text.h"
#include "simulator/vendor_errors.h"

namespace moongate::sim {
namespace {

namespace json = boost::json;

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr std::string_view kKeyId = "simulator";
constexpr std::int64_t kSkewS = 300;

Reply oauth_reply(const json::object& body) {
  Reply reply;
  reply.headers = {{"content-type", "application/json; charset=utf-8"},
                   {"cache-control", "private"},
                   {"vary", "Origin, X-Origin, Referer"},
                   {"server", "scaffolding on HTTPServer2"}};
  reply.body = to_text(body, JsonStyle::kPretty);
  return reply;
}

std::string id_token(const World& world, const JwtClaims& claims) {
  const std::int64_t now = world.clock.unix_seconds();
  return sign_rs256_jwt(world.key, kKeyId,
                        json::serialize(json::object{{"iss", "https://accounts.google.com"},
                                                     {"aud", claims.target_audience},
                                                     {"azp", claims.issuer},
                                                     {"email", claims.issuer},
                                                     {"email_verified", true},
                                                     {"sub", "100000000000000000001"},
                                                     {"iat", now},
                                                     {"exp", now + TokenStore::kLifetimeS + 1}}));
}

Reply grant(Call& call, std::string_view assertion) {
  const auto refuse = [](std::string_view why) { return oauth_error(400, "invalid_grant", why); };
  if (assertion.empty()) return oauth_error(400, "invalid_request", "Missing required parameter: assertion");
  const auto token = decode_jwt(assertion);
  if (!token) return refuse("Invalid JWT: " + token.error().message);
  const JwtClaims& claims = token->claims;
  if (claims.issuer.empty()) return refuse("Invalid grant: account not found");
  bool signed_by_known = false;
  for (const RsaPublicKey& key : call.world.tokens.keys())
    signed_by_known = signed_by_known || verify_rs256(*token, key);
  if (!signed_by_known) return refuse("Invalid JWT Signature.");
  // Which name the endpoint goes by is the key file's matter; that the token is meant for one is checked.
  if (claims.audience_is_list || claims.audience.size() != 1 ||
      !claims.audience.front().ends_with("/token")) {
    return refuse("Invalid JWT: Failed audience check.");
  }
  JwtTimes times;
  times.now_s = call.world.clock.unix_seconds();
  times.skew_s = kSkewS;
  if (!check_times(claims, times)) {
    return refuse(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check "
        "your iat and exp values in the JWT claim.");
  }
  if (!claims.target_audience.empty()) return oauth_reply({{"id_token", id_token(call.world, claims)}});
  if (claims.scope.empty()) {
    return oauth_error(400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  }
  return oauth_reply({{"access_token", call.world.tokens.issue()},
                      {"expires_in", TokenStore::kLifetimeS},
                      {"token_type", "Bearer"}});
}

}  // namespace

Reply token_face(Call& call) {
  if (const Status good = call.gather_faults({}); !good)
    return oauth_error(400, "invalid_request", good.error().message);
  const Faults& faults = call.faults;
  if (faults.status >= 300) {
    Reply reply = oauth_error(faults.status, faults.error.empty() ? "internal_failure" : faults.error,
                              "Simulated error");
    add_retry_headers(faults, reply);
    return reply;
  }
  if (call.request.method != "POST") return oauth_error(405, "invalid_request", "Only POST is allowed here");
  std::string grant_type, assertion;
  for (auto& [name, value] : parse_form(call.request.body)) {
    std::string* target = name == "grant_type" ? &grant_type : name == "assertion" ? &assertion : nullptr;
    if (target == nullptr) continue;
    if (!target->empty())
      return oauth_error(400, "invalid_request", "Parameter given more than once: " + name);
    *target = std::move(value);
  }
  if (grant_type != kJwtBearer) {
    return oauth_error(400, "unsupported_grant_type", "Invalid grant_type: " + grant_type);
  }
  return grant(call, assertion);
}

Reply certs_face(Call& call) {
  const RsaPublicKey key = call.world.key.public_key();
  json::array keys;
  keys.push_back({{"kid", kKeyId},
                  {"alg", "RS256"},
                  {"use", "sig"},
                  {"kty", "RSA"},
                  {"n", key.jwk_n()},
                  {"e", key.jwk_e()}});
  Reply reply = oauth_reply({{"keys", std::move(keys)}});
  reply.headers[1].second = "public, max-age=3600";
  return reply;
}

}  // namespace moongate::sim
