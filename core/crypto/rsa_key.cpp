#include "crypto/rsa_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/base64.h"
#include "crypto/openssl_ptr.h"

namespace moongate {
namespace {

constexpr int kMinBits = 2048;
constexpr int kMaxBits = 8192;
constexpr std::size_t kMaxPemBytes = 64 * 1024;

using SharedKey = std::shared_ptr<evp_pkey_st>;

SharedKey share(PkeyPtr key) { return SharedKey(key.release(), EVP_PKEY_free); }

// OpenSSL asks a terminal for a passphrase unless it is told that there is none.
int no_passphrase(char*, int, int, void*) { return -1; }

BioPtr bio_over(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Status check_rsa(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
    return Error(ErrorKind::kInvalid, "the key is not an RSA key");
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinBits || bits > kMaxBits) {
    return Error(ErrorKind::kInvalid,
                 "the RSA key has " + std::to_string(bits) + " bits; 2048 to 8192 are allowed");
  }
  return {};
}

std::string number_of(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  const BignumPtr owned(number);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, as_uchar(bytes.data()));
  return base64url_encode(bytes);
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return Error(ErrorKind::kTooLarge, "the public key's PEM text is too long");
  PkeyPtr key;
  if (pem.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    const X509Ptr certificate(PEM_read_bio_X509(bio_over(pem).get(), nullptr, no_passphrase, nullptr));
    if (certificate != nullptr) key.reset(X509_get_pubkey(certificate.get()));
  } else {
    key.reset(PEM_read_bio_PUBKEY(bio_over(pem).get(), nullptr, no_passphrase, nullptr));
  }
  if (key == nullptr) return openssl_error("the text is no public key in PEM form", ErrorKind::kInvalid);
  if (Status ok = check_rsa(key.get()); !ok) return ok.error();
  return RsaPublicKey(share(std::move(key)));
}

Result<RsaPublicKey> RsaPublicKey::from_jwk(std::string_view n, std::string_view e) {
  const std::optional<std::string> n_bytes = base64url_decode(n), e_bytes = base64url_decode(e);
  if (!n_bytes || !e_bytes || n_bytes->empty() || e_bytes->empty() || n_bytes->size() > kMaxBits / 8 + 1 ||
      e_bytes->size() > 8) {
    return Error(ErrorKind::kInvalid, "the JWK's n and e are not base64url numbers of a usable size");
  }
  using BuilderPtr = OpensslPtr<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
  using ParamPtr = OpensslPtr<OSSL_PARAM, OSSL_PARAM_free>;
  const BignumPtr n_number(BN_bin2bn(as_uchar(n_bytes->data()), static_cast<int>(n_bytes->size()), nullptr));
  const BignumPtr e_number(BN_bin2bn(as_uchar(e_bytes->data()), static_cast<int>(e_bytes->size()), nullptr));
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  const PkeyCtxPtr ctx(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  if (!n_number || !e_number || !builder || !ctx ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n_number.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e_number.get()) != 1) {
    return openssl_error("the JWK cannot be read");
  }
  const ParamPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  EVP_PKEY* made = nullptr;
  if (!params || EVP_PKEY_fromdata_init(ctx.get()) != 1 ||
      EVP_PKEY_fromdata(ctx.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return openssl_error("the JWK is no RSA key", ErrorKind::kInvalid);
  }
  PkeyPtr key(made);
  if (Status ok = check_rsa(key.get()); !ok) return ok.error();
  return RsaPublicKey(share(std::move(key)));
}

std::string RsaPublicKey::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1) return {};
  return text_of(bio.get());
}

std::string RsaPublicKey::jwk_n() const { return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_N); }
std::string RsaPublicKey::jwk_e() const { return number_of(key_.get(), OSSL_PKEY_PARAM_RSA_E); }

bool RsaPublicKey::verify_rs256(std::string_view bytes, std::string_view signature) const {
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_ctx = nullptr;  // ctx's
  const bool ok = ctx &&
                  EVP_DigestVerifyInit(ctx.get(), &key_ctx, fetched_sha256(), nullptr, key_.get()) == 1 &&
                  EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PADDING) == 1 &&
                  EVP_DigestVerify(ctx.get(), as_uchar(signature.data()), signature.size(),
                                   as_uchar(bytes.data()), bytes.size()) == 1;
  if (!ok) ERR_clear_error();
  return ok;
}

Result<RsaPrivateKey> RsaPrivateKey::generate(int bits) {
  PkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
  if (key == nullptr) return openssl_error("an RSA key cannot be generated");
  return RsaPrivateKey(share(std::move(key)));
}

Result<RsaPrivateKey> RsaPrivateKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return Error(ErrorKind::kTooLarge, "the private key's PEM text is too long");
  PkeyPtr key(PEM_read_bio_PrivateKey(bio_over(pem).get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    return openssl_error("the text is no unencrypted private key in PEM form", ErrorKind::kInvalid);
  }
  if (Status ok = check_rsa(key.get()); !ok) return ok.error();
  return RsaPrivateKey(share(std::move(key)));
}

Secret RsaPrivateKey::pem() const {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return {};
  }
  return Secret(text_of(bio.get()));
}

std::string RsaPrivateKey::sign_rs256(std::string_view bytes) const {
  const MdCtxPtr ctx(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_ctx = nullptr;  // ctx's
  std::size_t size = 0;
  std::string signature;
  if (!ctx || EVP_DigestSignInit(ctx.get(), &key_ctx, fetched_sha256(), nullptr, key_.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PADDING) != 1 ||
      EVP_DigestSign(ctx.get(), nullptr, &size, as_uchar(bytes.data()), bytes.size()) != 1) {
    ERR_clear_error();
    return {};
  }
  signature.resize(size);
  if (EVP_DigestSign(ctx.get(), as_uchar(signature.data()), &size, as_uchar(bytes.data()), bytes.size()) !=
      1) {
    ERR_clear_error();
    return {};
  }
  signature.resize(size);
  return signature;
}

}  // namespace moongate
