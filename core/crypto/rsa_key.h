// RSA keys in the forms that Google's world uses: PKCS#8 PEM (key files), SPKI PEM, JWK numbers, RS256.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

struct evp_pkey_st;

namespace moongate {

// Immutable; copies share the key. Safe from any thread.
class RsaPublicKey {
 public:
  // SPKI ("BEGIN PUBLIC KEY") or a certificate ("BEGIN CERTIFICATE"). Error kInvalid: neither, not RSA, or a
  // key below 2048 or above 8192 bits (a huge one would make each verification slow).
  static Result<RsaPublicKey> from_pem(std::string_view pem);
  // base64url numbers, big-endian, as in a JWK.
  static Result<RsaPublicKey> from_jwk(std::string_view n, std::string_view e);

  std::string pem() const;    // SPKI
  std::string jwk_n() const;  // base64url without padding
  std::string jwk_e() const;
  // RSASSA-PKCS1-v1_5 with SHA-256, which JWT calls RS256.
  bool verify_rs256(std::string_view bytes, std::string_view signature) const;

 private:
  friend class RsaPrivateKey;
  explicit RsaPublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

// Immutable; copies share the key, whose memory OpenSSL wipes with the last of them. Safe from any thread.
class RsaPrivateKey {
 public:
  // Takes around a tenth of a second.
  static Result<RsaPrivateKey> generate(int bits = 2048);
  // PKCS#8 or PKCS#1, not encrypted. The error never holds any of the text.
  static Result<RsaPrivateKey> from_pem(std::string_view pem);

  Secret pem() const;  // PKCS#8, "BEGIN PRIVATE KEY"
  RsaPublicKey public_key() const { return RsaPublicKey(key_); }
  // Empty: OpenSSL refused, which a key that was checked when it was read does not meet.
  std::string sign_rs256(std::string_view bytes) const;

  evp_pkey_st* handle() const { return key_.get(); }  // for this folder: certificates

 private:
  explicit RsaPrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace moongate
