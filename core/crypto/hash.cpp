#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdio>
#include <cstdlib>

#include "crypto/openssl_ptr.h"

namespace moongate {
namespace {

using MacCtxPtr = OpensslPtr<EVP_MAC_CTX, EVP_MAC_CTX_free>;

// SHA-256 that fails means an OpenSSL that does not work at all; a made-up digest would be an open door.
[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "moongate: OpenSSL cannot compute %s; stopping\n", what);
  std::abort();
}

// HMAC-SHA256 with no key yet; copied once a thread, and given a key at each use.
EVP_MAC_CTX* keyless_hmac() {
  static EVP_MAC_CTX* const ctx = [] {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* made = mac != nullptr ? EVP_MAC_CTX_new(mac) : nullptr;
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    if (made == nullptr || EVP_MAC_CTX_set_params(made, params) != 1) die("HMAC-SHA256");
    return made;
  }();
  return ctx;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  thread_local const MdCtxPtr ctx(EVP_MD_CTX_new());
  std::string digest(32, '\0');
  unsigned int size = 0;
  if (ctx == nullptr || EVP_DigestInit_ex2(ctx.get(), fetched_sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(ctx.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(ctx.get(), as_uchar(digest.data()), &size) != 1 || size != digest.size()) {
    die("SHA-256");
  }
  return digest;
}

std::string sha1_hex(std::string_view bytes) {
  std::string digest(20, '\0');
  if (EVP_Digest(bytes.data(), bytes.size(), as_uchar(digest.data()), nullptr, EVP_sha1(), nullptr) != 1) die("SHA-1");
  return hex_encode(digest);
}

std::string sha256_hex(std::string_view bytes) { return hex_encode(sha256(bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  thread_local const MacCtxPtr ctx(EVP_MAC_CTX_dup(keyless_hmac()));
  std::string digest(32, '\0');
  std::size_t size = 0;
  // An empty key is a key too; a null pointer would mean "the key before".
  const char* key_bytes = key.empty() ? "" : key.data();
  if (ctx == nullptr || EVP_MAC_init(ctx.get(), as_uchar(key_bytes), key.size(), nullptr) != 1 ||
      EVP_MAC_update(ctx.get(), as_uchar(bytes.data()), bytes.size()) != 1 ||
      EVP_MAC_final(ctx.get(), as_uchar(digest.data()), &size, digest.size()) != 1 || size != digest.size()) {
    die("HMAC-SHA256");
  }
  return digest;
}

std::string hex_encode(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 0x0f];
  }
  return out;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace moongate
