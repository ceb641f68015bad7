// Tokens from strangers: taking them apart, and the Bearers that a gateway would check. Nothing that a fuzzer
// can make may be accepted, whatever its header says.
#include "crypto/jwt.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "crypto/base64.h"
#include "crypto/json_object.h"
#include "fuzz_input.h"
#include "identity/token_verifier.h"

namespace {

using namespace moongate;

constexpr char kPublicKey[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxM9f+EdSEyXwkgnRV6An\n"
    "fc20o3PEvfISuYpB4ShBOmz0OTwSJcyucgsARAXj4tI2u68f4bwMQk/NaUlQFURx\n"
    "tBFNvafEV44qq47qQAPqpldTIWVYMP0h8WhIT7oYG6Y1H9DtaZo2kHEJH5pRWf6x\n"
    "wqEFlMu1AGzN4WF4mAhxj1ddVJbX5OuvOfJy1oB/D1necvqtmwDARlooefAN4bi2\n"
    "RDcqTN4nhh0KTgpRcJkG/NLvtYK/qWgqe2XGJhat9OqBinqvRfYU0+2sz3WcAkTS\n"
    "mfMQRZGYKFAyPzihZXrKVko4fdW/e4g1KKzOJx0kt0IjLhkzmKdXIpXGaBQ6lCHr\n"
    "IQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
constexpr char kSecret[] = "a secret that no input holds";
constexpr std::int64_t kNow = 1'700'000'000;

const RsaPublicKey& public_key() {
  static const RsaPublicKey key = RsaPublicKey::from_pem(kPublicKey).value();
  return key;
}

const TokenVerifier& verifier() {
  static TokenVerifier* const made = [] {
    auto* one =
        new TokenVerifier(SealedBox::derive("master", "fuzz"), token_endpoint_audiences("http://x"), 300);
    auto snapshot = std::make_shared<IdentitySnapshot>();
    snapshot->add(std::make_shared<const VirtualAccount>(
        VirtualAccount{"1", "e@x", "n", "p", "kid", public_key(), true, {}, {}}));
    one->publish(snapshot);
    return one;
  }();
  return *made;
}

void look_at(std::string_view token) {
  const Result<DecodedJwt> jwt = decode_jwt(token);
  if (jwt) {
    fuzz::check(token.starts_with(jwt->signed_part));
    fuzz::check(!verify_rs256(*jwt, public_key()));
    fuzz::check(!verify_hs256(*jwt, kSecret) && !verify_hs256(*jwt, ""));
    (void)check_times(jwt->claims, {kNow, 300, 3600});
  }
  const Result<VerifiedToken> verified = verifier().verify(token, kNow);
  fuzz::check(!verified.ok() && verified.error().kind == ErrorKind::kUnauthenticated);
  (void)TokenVerifier::is_candidate(token);
}

// What we sign ourselves comes back as it was.
void round_trip(std::string_view payload) {
  if (!parse_json_object(payload, kMaxJwtBytes, 8)) return;
  const std::string token = sign_hs256_jwt(kSecret, "kid", payload);
  const Result<DecodedJwt> jwt = decode_jwt(token);
  if (!jwt) return;  // a registered claim of the wrong type, or too long
  fuzz::check(jwt->payload == payload && jwt->key_id == "kid" && verify_hs256(*jwt, kSecret));
  fuzz::check(!verify_rs256(*jwt, public_key()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::as_text(data, size);
  look_at(input);
  // Header, payload and signature by lines, encoded here: the fuzzer need not learn base64 to get at the
  // JSON.
  const std::size_t first = input.find('\n');
  if (first == std::string_view::npos) return 0;
  const std::size_t second = input.find('\n', first + 1);
  const std::string_view payload = input.substr(first + 1, second - first - 1);
  const std::string_view signature = second == std::string_view::npos ? "" : input.substr(second + 1);
  look_at(base64url_encode(input.substr(0, first)) + "." + base64url_encode(payload) + "." +
          base64url_encode(signature));
  look_at(std::string(kAccessTokenPrefix) + base64url_encode(payload));
  round_trip(payload);
  return 0;
}
