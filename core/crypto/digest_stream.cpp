#include "crypto/digest_stream.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>

#include "crypto/hash.h"
#include "crypto/openssl_ptr.h"

namespace moongate {
namespace {

[[noreturn]] void die() {
  std::fputs("moongate: OpenSSL cannot compute SHA-256; stopping\n", stderr);
  std::abort();
}

}  // namespace

struct DigestStream::Context {
  MdCtxPtr md{EVP_MD_CTX_new()};
};

DigestStream::DigestStream() : context_(std::make_unique<Context>()) {
  if (context_->md == nullptr || EVP_DigestInit_ex2(context_->md.get(), fetched_sha256(), nullptr) != 1) die();
}

DigestStream::~DigestStream() = default;

void DigestStream::add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_->md.get(), bytes.data(), bytes.size()) != 1) die();
}

std::string DigestStream::hex() const {
  const MdCtxPtr copy(EVP_MD_CTX_new());
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (copy == nullptr || EVP_MD_CTX_copy_ex(copy.get(), context_->md.get()) != 1 ||
      EVP_DigestFinal_ex(copy.get(), as_uchar(digest.data()), &size) != 1 || size != digest.size()) {
    die();
  }
  return hex_encode(digest);
}

}  // namespace moongate
