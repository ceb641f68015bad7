#include "crypto/sealed_box.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "crypto/hash.h"
#include "crypto/openssl_ptr.h"

namespace moongate {
namespace {

constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;
constexpr std::size_t kMaxText = 1 << 20;

// A context for each thread: creating one costs more than sealing a token.
EVP_CIPHER_CTX* thread_context() {
  thread_local const CipherCtxPtr ctx(EVP_CIPHER_CTX_new());
  return ctx.get();
}

}  // namespace

SealedBox::SealedBox(const std::string& key) { std::copy(key.begin(), key.end(), key_.begin()); }

SealedBox::~SealedBox() { OPENSSL_cleanse(key_.data(), key_.size()); }

SealedBox SealedBox::derive(std::string_view master, std::string_view purpose) {
  std::string key = hkdf_sha256(master, "moongate", purpose, 32);
  SealedBox box(key);
  OPENSSL_cleanse(key.data(), key.size());
  return box;
}

std::string SealedBox::seal(std::string_view plain, std::string_view context, Random& random) const {
  std::string out = random_bytes(random, kNonce);
  out.resize(kNonce + plain.size() + kTag);
  EVP_CIPHER_CTX* ctx = thread_context();
  int size = 0;
  const bool ok =
      plain.size() <= kMaxText && ctx != nullptr &&
      EVP_EncryptInit_ex2(ctx, fetched_aes_256_gcm(), key_.data(), as_uchar(out.data()), nullptr) == 1 &&
      EVP_EncryptUpdate(ctx, nullptr, &size, as_uchar(context.data()), static_cast<int>(context.size())) ==
          1 &&
      EVP_EncryptUpdate(ctx, as_uchar(out.data()) + kNonce, &size, as_uchar(plain.data()),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(ctx, as_uchar(out.data()) + kNonce + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, kTag, out.data() + kNonce + plain.size()) == 1;
  if (!ok) {
    std::fputs("moongate: OpenSSL cannot encrypt; stopping\n", stderr);
    std::abort();
  }
  return out;
}

std::optional<std::string> SealedBox::open(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < kOverhead || sealed.size() > kMaxText) return std::nullopt;
  const std::string_view body = sealed.substr(kNonce, sealed.size() - kOverhead);
  std::string tag(sealed.substr(sealed.size() - kTag));
  std::string plain(body.size(), '\0');
  EVP_CIPHER_CTX* ctx = thread_context();
  int size = 0;
  const bool ok =
      ctx != nullptr &&
      EVP_DecryptInit_ex2(ctx, fetched_aes_256_gcm(), key_.data(), as_uchar(sealed.data()), nullptr) == 1 &&
      EVP_DecryptUpdate(ctx, nullptr, &size, as_uchar(context.data()), static_cast<int>(context.size())) ==
          1 &&
      EVP_DecryptUpdate(ctx, as_uchar(plain.data()), &size, as_uchar(body.data()),
                        static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(ctx, as_uchar(plain.data()) + size, &size) == 1;
  if (!ok) {
    ERR_clear_error();
    OPENSSL_cleanse(plain.data(), plain.size());
    return std::nullopt;
  }
  return plain;
}

std::string hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info,
                        std::size_t size) {
  const std::string extracted = hmac_sha256(salt.empty() ? std::string(32, '\0') : std::string(salt), secret);
  std::string out, block;
  for (unsigned char counter = 1; out.size() < size; ++counter) {
    block.append(info).push_back(static_cast<char>(counter));
    block = hmac_sha256(extracted, block);
    out += block;
    if (counter == 255) break;
  }
  out.resize(size);
  return out;
}

}  // namespace moongate
