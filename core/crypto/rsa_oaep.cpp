#include "crypto/rsa_oaep.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/openssl_ptr.h"

namespace moongate {
namespace {

bool set_padding(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
         EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) > 0;
}

}  // namespace

std::optional<Secret> rsa_oaep_decrypt(const RsaPrivateKey& key, std::string_view ciphertext) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new(key.handle(), nullptr));
  std::string plain;
  std::size_t size = 0;
  const bool done = context && EVP_PKEY_decrypt_init(context.get()) > 0 && set_padding(context.get()) &&
                    EVP_PKEY_decrypt(context.get(), nullptr, &size, as_uchar(ciphertext.data()), ciphertext.size()) > 0 &&
                    (plain.resize(size), EVP_PKEY_decrypt(context.get(), as_uchar(plain.data()), &size,
                                                          as_uchar(ciphertext.data()), ciphertext.size()) > 0);
  if (!done) {
    ERR_clear_error();
    return std::nullopt;
  }
  plain.resize(size);
  Secret secret(plain);
  OPENSSL_cleanse(plain.data(), plain.size());
  return secret;
}

Result<std::string> rsa_oaep_encrypt(const RsaPublicKey& key, std::string_view plain) {
  const std::string pem = key.pem();
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const PkeyPtr pkey(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  const PkeyCtxPtr context(pkey ? EVP_PKEY_CTX_new(pkey.get(), nullptr) : nullptr);
  std::string sealed;
  std::size_t size = 0;
  const bool done = context && EVP_PKEY_encrypt_init(context.get()) > 0 && set_padding(context.get()) &&
                    EVP_PKEY_encrypt(context.get(), nullptr, &size, as_uchar(plain.data()), plain.size()) > 0 &&
                    (sealed.resize(size), EVP_PKEY_encrypt(context.get(), as_uchar(sealed.data()), &size,
                                                           as_uchar(plain.data()), plain.size()) > 0);
  if (!done) return openssl_error("the text could not be encrypted to the RSA key", ErrorKind::kInvalid);
  sealed.resize(size);
  return sealed;
}

}  // namespace moongate
