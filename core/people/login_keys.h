// The RSA key that passwords are encrypted to where TLS does not hide them. One for all gateways, kept sealed in the store.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "crypto/rsa_key.h"
#include "crypto/sealed_box.h"
#include "store/store.h"

namespace moongate {

struct LoginKey {
  std::string id;
  RsaPrivateKey key;
};

// Safe from any thread.
class LoginKeys {
 public:
  static constexpr std::int64_t kLifetimeS = 30 * 86'400;

  // The references must outlive it.
  LoginKeys(Store& store, const Clock& clock, Random& random, const Logger& log, const Secret& master_key);

  // The key to encrypt to: the newest of the store, or a new one when that is too old or cannot be opened.
  Result<LoginKey> current();
  // kNotFound: there is no such key (any more).
  Result<LoginKey> find(const std::string& id);

 private:
  Result<LoginKey> open(const LoginKeyRecord& record);
  Result<LoginKey> make();

  Store& store_;
  const Clock& clock_;
  Random& random_;
  const Logger& log_;
  const SealedBox box_;
  std::mutex mutex_;  // guards opened_; and one key is made at a time
  std::map<std::string, RsaPrivateKey> opened_;
};

}  // namespace moongate
