// Unpredictable bytes, given from outside where a test has to know them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace moongate {

class Random {
 public:
  virtual ~Random() = default;
  // Fills all of `out`. Cannot fail: a source that has nothing to give ends the process, since every secret
  // made without it would be worthless. Safe from any thread.
  virtual void fill(std::span<std::uint8_t> out) = 0;
};

// OpenSSL's generator, seeded by the kernel.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

// `n` raw bytes.
std::string random_bytes(std::size_t n);
std::string random_bytes(Random& random, std::size_t n);
// `n` characters of A-Z a-z 0-9 - _, six bits of randomness each.
std::string random_token(std::size_t n);
std::string random_token(Random& random, std::size_t n);
// "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx" (RFC 9562 version 4), lower case.
std::string uuid_v4();
std::string uuid_v4(Random& random);

}  // namespace moongate
