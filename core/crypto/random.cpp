#include "crypto/random.h"

#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

#include "crypto/hash.h"

namespace moongate {

void SystemRandom::fill(std::span<std::uint8_t> out) {
  // RAND_bytes takes an int; nobody asks for 2 GiB, but a wrong length must not become a short fill.
  if (out.size() > 0x7fffffff || RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
    std::fputs("moongate: the system gives no random bytes; stopping\n", stderr);
    std::abort();
  }
}

std::string random_bytes(Random& random, std::size_t n) {
  std::string bytes(n, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  return bytes;
}

std::string random_token(Random& random, std::size_t n) {
  std::string token = base64url_encode(random_bytes(random, (n * 6 + 7) / 8 + 1));
  token.resize(n);
  return token;
}

std::string uuid_v4(Random& random) {
  std::string bytes = random_bytes(random, 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string hex = hex_encode(bytes);
  for (std::size_t at : {8, 13, 18, 23}) hex.insert(at, "-");
  return hex;
}

std::string random_bytes(std::size_t n) {
  SystemRandom random;
  return random_bytes(random, n);
}

std::string random_token(std::size_t n) {
  SystemRandom random;
  return random_token(random, n);
}

std::string uuid_v4() {
  SystemRandom random;
  return uuid_v4(random);
}

}  // namespace moongate
