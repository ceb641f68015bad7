// RSA keys for tests, generated once a program: each takes a while.
#pragma once

#include "crypto/rsa_key.h"

namespace moongate {

inline const RsaPrivateKey& test_key() {
  static const RsaPrivateKey key = RsaPrivateKey::generate().value();
  return key;
}

inline const RsaPrivateKey& other_test_key() {
  static const RsaPrivateKey key = RsaPrivateKey::generate().value();
  return key;
}

}  // namespace moongate
