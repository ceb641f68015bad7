#include "crypto/jwt.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "unit/crypto/test_keys.h"

namespace moongate {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

std::string claims_at(std::int64_t iat, std::int64_t exp) {
  return R"({"iss":"moon","iat":)" + std::to_string(iat) + R"(,"exp":)" + std::to_string(exp) + "}";
}

std::string raw_token(std::string_view header, std::string_view payload) {
  return base64url_encode(header) + "." + base64url_encode(payload) + ".c2ln";
}

std::string why_refused(std::string_view token) {
  const Result<DecodedJwt> decoded = decode_jwt(token);
  return decoded ? "accepted" : decoded.error().describe();
}

Status times_of(const std::string& payload, std::int64_t skew = 0, std::int64_t lifetime = 3600) {
  return check_times(decode_jwt(raw_token("{}", payload)).value().claims, {kNow, skew, lifetime});
}

TEST(JwtSigning, AnRs256TokenVerifiesWithItsOwnKeyOnly) {
  const std::string token = sign_rs256_jwt(test_key(), "kid-1", claims_at(kNow, kNow + 60));
  const DecodedJwt jwt = decode_jwt(token).value();
  EXPECT_EQ(jwt.key_id, "kid-1");
  EXPECT_EQ(jwt.type, "JWT");
  EXPECT_EQ(jwt.claims.issuer, "moon");
  EXPECT_TRUE(verify_rs256(jwt, test_key().public_key()));
  EXPECT_FALSE(verify_rs256(jwt, other_test_key().public_key()));
}

TEST(JwtSigning, AnHs256TokenVerifiesWithItsOwnSecretOnly) {
  const DecodedJwt jwt = decode_jwt(sign_hs256_jwt("secret", "", claims_at(kNow, kNow + 60))).value();
  EXPECT_EQ(jwt.key_id, "");
  EXPECT_TRUE(verify_hs256(jwt, "secret"));
  EXPECT_FALSE(verify_hs256(jwt, "Secret"));
}

TEST(JwtSigning, AgreesWithTheExampleOfRfc7515) {
  // Appendix A.1: HS256 with a binary key.
  const std::string key = *base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const DecodedJwt jwt = decode_jwt(
                             "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                             "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                             "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
                             .value();
  EXPECT_TRUE(verify_hs256(jwt, key));
  EXPECT_EQ(jwt.claims.issuer, "joe");
  EXPECT_EQ(jwt.claims.expires_at, 1300819380);
}

TEST(JwtSigning, VerifiesTheBytesThatWereSentWhenSegmentsArePadded) {
  // Python's google-auth 1.5.1 signs the segments with their '=' padding.
  auto padded = [](std::string_view text) {
    std::string out = base64url_encode(text);
    while (out.size() % 4 != 0) out += '=';
    return out;
  };
  const std::string signed_part =
      padded(R"({"typ": "JWT", "alg": "RS256", "kid": "k1"})") + "." + padded(claims_at(kNow, kNow + 3600));
  ASSERT_NE(signed_part.find('='), std::string::npos);
  const std::string token = signed_part + "." + padded(test_key().sign_rs256(signed_part));
  EXPECT_TRUE(verify_rs256(decode_jwt(token).value(), test_key().public_key()));
}

TEST(JwtForgery, AlgNoneIsNeverVerified) {
  for (const char* alg : {"none", "None", "NONE", "", "rs256"}) {
    const std::string token = base64url_encode(std::string(R"({"alg":")") + alg + "\"}") + "." +
                              base64url_encode(claims_at(kNow, kNow + 60)) + ".";
    const DecodedJwt jwt = decode_jwt(token).value();
    EXPECT_FALSE(verify_rs256(jwt, test_key().public_key())) << alg;
    EXPECT_FALSE(verify_hs256(jwt, "")) << alg;
  }
}

TEST(JwtForgery, Hs256WithThePublicKeyAsItsSecretIsNotAnRs256Signature) {
  const std::string pem = test_key().public_key().pem();
  const DecodedJwt jwt = decode_jwt(sign_hs256_jwt(pem, "kid-1", claims_at(kNow, kNow + 60))).value();
  EXPECT_FALSE(verify_rs256(jwt, test_key().public_key()));
}

TEST(JwtForgery, AnRs256SignatureUnderAHeaderThatSaysHs256IsRefused) {
  const std::string signed_part =
      base64url_encode(R"({"alg":"HS256"})") + "." + base64url_encode(claims_at(kNow, kNow + 60));
  const std::string token = signed_part + "." + base64url_encode(test_key().sign_rs256(signed_part));
  EXPECT_FALSE(verify_rs256(decode_jwt(token).value(), test_key().public_key()));
}

TEST(JwtForgery, AnyChangedByteBreaksTheSignature) {
  const std::string token = sign_rs256_jwt(test_key(), "k", claims_at(kNow, kNow + 60));
  for (std::size_t i = 0; i < token.size(); i += 7) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const Result<DecodedJwt> jwt = decode_jwt(changed);
    EXPECT_FALSE(jwt.ok() && verify_rs256(*jwt, test_key().public_key())) << i;
  }
}

TEST(JwtForgery, ATruncatedSignatureIsRefused) {
  const std::string token = sign_rs256_jwt(test_key(), "k", claims_at(kNow, kNow + 60));
  const Result<DecodedJwt> cut = decode_jwt(token.substr(0, token.size() - 8));
  EXPECT_FALSE(cut.ok() && verify_rs256(*cut, test_key().public_key()));
  const Result<DecodedJwt> none = decode_jwt(token.substr(0, token.rfind('.') + 1));
  EXPECT_FALSE(none.ok() && verify_rs256(*none, test_key().public_key()));
}

TEST(JwtParsing, RefusesWhatDoesNotHaveThreeSegments) {
  for (const char* token : {"", ".", "abc", "e30.e30", "e30.e30.e30.e30", "e30.e30.e30."}) {
    EXPECT_NE(why_refused(token).find("three segments"), std::string::npos) << token;
  }
}

TEST(JwtParsing, RefusesSegmentsThatAreNotBase64urlOrNotJsonObjects) {
  EXPECT_NE(why_refused("e3 0.e30.AA").find("header that is not base64url"), std::string::npos);
  EXPECT_NE(why_refused("e30.e+0.AA").find("payload that is not base64url"), std::string::npos);
  EXPECT_NE(why_refused("e30.e30.A").find("signature that is not base64url"), std::string::npos);
  EXPECT_NE(why_refused(raw_token("[]", "{}")).find("header that is no JSON object"), std::string::npos);
  EXPECT_NE(why_refused(raw_token("{}", "17")).find("payload that is no JSON object"), std::string::npos);
  EXPECT_NE(why_refused(raw_token("{}", "{} {}")).find("payload that is no JSON object"), std::string::npos);
  EXPECT_NE(why_refused(raw_token("{}", "{\"iss\":\"\xff\"}")).find("payload"), std::string::npos);
}

TEST(JwtParsing, RefusesATokenThatIsTooLongOrTooDeep) {
  EXPECT_NE(why_refused(std::string(kMaxJwtBytes + 1, 'a')).find("longer than"), std::string::npos);
  std::string deep = R"({"a":)" + std::string(100, '[') + std::string(100, ']') + "}";
  EXPECT_NE(why_refused(raw_token("{}", deep)).find("payload"), std::string::npos);
}

TEST(JwtParsing, RefusesClaimsOfTheWrongType) {
  for (const char* payload :
       {R"({"iss":1})", R"({"sub":null})", R"({"scope":["a"]})", R"({"target_audience":{}})",
        R"({"iat":"now"})", R"({"exp":1.5})", R"({"exp":1e300})", R"({"exp":-1})",
        R"({"exp":99999999999999})", R"({"iat":true})", R"({"aud":7})", R"({"aud":[7]})"}) {
    EXPECT_NE(why_refused(raw_token("{}", payload)).find("that is n"), std::string::npos) << payload;
  }
}

TEST(JwtParsing, RefusesCriticalExtensions) {
  EXPECT_NE(why_refused(raw_token(R"({"alg":"RS256","crit":["exp"]})", "{}")).find("crit"),
            std::string::npos);
}

TEST(JwtParsing, TellsAnAudienceFromAListOfAudiences) {
  const JwtClaims one = decode_jwt(raw_token("{}", R"({"aud":"a"})")).value().claims;
  EXPECT_TRUE(one.audience_is("a"));
  EXPECT_FALSE(one.audience_is("b"));
  const JwtClaims list = decode_jwt(raw_token("{}", R"({"aud":["a"]})")).value().claims;
  EXPECT_FALSE(list.audience_is("a"));
  EXPECT_EQ(list.audience.size(), 1U);
}

TEST(JwtTimes, AcceptATokenInItsTime) { EXPECT_TRUE(times_of(claims_at(kNow, kNow + 3600)).ok()); }

TEST(JwtTimes, RefuseAnExpiredTokenOutsideTheSkew) {
  EXPECT_NE(times_of(claims_at(kNow - 3600, kNow)).error().message.find("expired"), std::string::npos);
  EXPECT_TRUE(times_of(claims_at(kNow - 3600, kNow), 300).ok());
  EXPECT_FALSE(times_of(claims_at(kNow - 3900, kNow - 300), 300).ok());
}

TEST(JwtTimes, RefuseATokenFromTheFutureOutsideTheSkew) {
  EXPECT_NE(times_of(claims_at(kNow + 301, kNow + 400), 300).error().message.find("future"),
            std::string::npos);
  EXPECT_TRUE(times_of(claims_at(kNow + 300, kNow + 400), 300).ok());
  EXPECT_FALSE(times_of(R"({"iat":1700000000,"nbf":1700000500,"exp":1700003600})", 300).ok());
}

TEST(JwtTimes, RefuseATokenThatIsValidForAYear) {
  EXPECT_NE(times_of(claims_at(kNow, kNow + 31536000)).error().message.find("longer than"),
            std::string::npos);
  EXPECT_FALSE(times_of(claims_at(kNow, kNow + 3601)).ok());
}

TEST(JwtTimes, RefuseATokenWithoutThem) {
  EXPECT_NE(times_of("{}").error().message.find("no exp"), std::string::npos);
  EXPECT_NE(times_of(R"({"exp":1700000060})").error().message.find("no iat"), std::string::npos);
  EXPECT_TRUE(times_of(R"({"exp":1700000060})", 0, 0).ok());
  EXPECT_FALSE(times_of(claims_at(kNow, kNow), 300).ok());
}

}  // namespace
}  // namespace moongate
