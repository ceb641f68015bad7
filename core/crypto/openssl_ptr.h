// Owning pointers to OpenSSL's objects, and the algorithms that are fetched once. For the .cpp files of this
// folder only: no header that others include may include this one.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "base/error.h"

namespace moongate {

template <auto Free>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using OpensslPtr = std::unique_ptr<T, OpensslFree<Free>>;

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using PkeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using PkeyCtxPtr = OpensslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MdCtxPtr = OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free>;
using CipherCtxPtr = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using BignumPtr = OpensslPtr<BIGNUM, BN_free>;
using X509Ptr = OpensslPtr<X509, X509_free>;

// Never freed: a worker may still be hashing while the process's static objects go.
const EVP_MD* fetched_sha256();
const EVP_CIPHER* fetched_aes_256_gcm();

inline const unsigned char* as_uchar(const char* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}
inline unsigned char* as_uchar(char* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

// An error that tells what was tried and why OpenSSL refused; empties OpenSSL's queue of this thread.
Error openssl_error(std::string what, ErrorKind kind = ErrorKind::kInternal);

}  // namespace moongate
