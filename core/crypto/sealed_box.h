// Authenticated encryption (AES-256-GCM) and key derivation (HKDF-SHA256, RFC 5869).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/random.h"

namespace moongate {

// One 256-bit key. Immutable; safe from any thread; wiped on destruction.
class SealedBox {
 public:
  static constexpr std::size_t kOverhead = 12 + 16;  // nonce and tag

  // A key for one purpose, derived from a longer-lived secret. Different purposes give unrelated keys.
  static SealedBox derive(std::string_view master, std::string_view purpose);
  ~SealedBox();
  SealedBox(const SealedBox&) = default;
  SealedBox& operator=(const SealedBox&) = default;

  // nonce || ciphertext || tag. `context` is bound to the text but not kept in it. The nonce is random, so a
  // key is good for 2^32 seals.
  std::string seal(std::string_view plain, std::string_view context, Random& random) const;
  // Nothing: another key, another context, or bytes that were changed.
  std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  explicit SealedBox(const std::string& key);
  std::array<std::uint8_t, 32> key_;
};

// `size` <= 255 * 32 bytes. An empty salt stands for 32 zero bytes.
std::string hkdf_sha256(std::string_view secret, std::string_view salt, std::string_view info,
                        std::size_t size);

}  // namespace moongate
