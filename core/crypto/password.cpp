#include "crypto/password.h"

#include <argon2.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace moongate {
namespace {

constexpr std::uint32_t kMemoryKiB = 19 * 1024;
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSalt = 16;
constexpr std::size_t kDigest = 32;
constexpr std::uint32_t kMostMemoryKiB = 256 * 1024;
constexpr std::uint32_t kMostPasses = 10;
constexpr std::uint32_t kMostLanes = 8;

// The number behind `name` in "m=19456,t=2,p=1"; 0: none.
std::uint32_t parameter(std::string_view hash, std::string_view name) {
  const std::size_t at = hash.find(name);
  if (at == std::string_view::npos) return 0;
  std::uint32_t value = 0;
  std::from_chars(hash.data() + at + name.size(), hash.data() + hash.size(), value);
  return value;
}

// A hash that somebody wrote into the database must not take all the memory.
bool affordable(std::string_view hash) {
  const std::uint32_t memory = parameter(hash, "$m=");
  const std::uint32_t passes = parameter(hash, ",t=");
  const std::uint32_t lanes = parameter(hash, ",p=");
  return memory > 0 && memory <= kMostMemoryKiB && passes > 0 && passes <= kMostPasses && lanes > 0 &&
         lanes <= kMostLanes;
}

}  // namespace

Result<std::string> hash_password(std::string_view password, Random& random) {
  if (password.empty()) return Error(ErrorKind::kInvalid, "the password is empty");
  if (password.size() > kLongestPassword) {
    return Error(ErrorKind::kInvalid, "the password is longer than 1024 bytes");
  }
  std::array<std::uint8_t, kSalt> salt{};
  random.fill(salt);
  std::string encoded(argon2_encodedlen(kPasses, kMemoryKiB, kLanes, kSalt, kDigest, Argon2_id), '\0');
  const int code = argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, password.data(), password.size(),
                                         salt.data(), salt.size(), kDigest, encoded.data(), encoded.size());
  if (code != ARGON2_OK) {
    const bool memory = code == ARGON2_MEMORY_ALLOCATION_ERROR;
    return Error(memory ? ErrorKind::kUnavailable : ErrorKind::kInternal,
                 std::string("the password cannot be hashed: ") + argon2_error_message(code));
  }
  encoded.resize(encoded.find('\0'));
  return encoded;
}

bool verify_password(std::string_view password, const std::string& hash) {
  if (password.empty() || password.size() > kLongestPassword) return false;
  if (!hash.starts_with("$argon2id$") || hash.size() > 512 || !affordable(hash)) return false;
  return argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
}

}  // namespace moongate
