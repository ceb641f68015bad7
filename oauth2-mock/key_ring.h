// The keys that sign id tokens: rotated, published before they sign and for a while after.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/rsa_key.h"
#include "crypto/sealed_box.h"
#include "store/store.h"

namespace moongate {

struct SigningKey {
  std::string key_id;
  RsaPrivateKey key;
  std::string certificate_pem;
  std::int64_t created_at_s = 0;
};

// What SealedBox::derive takes for the box of private keys, and what stands before a key's id in their context.
inline constexpr std::string_view kSigningKeyPurpose = "signing keys 1";
inline constexpr std::string_view kSigningKeyContext = "signing key ";

// Safe from any thread. Making a key takes a tenth of a second, once in many days.
class KeyRing {
 public:
  using Key = std::shared_ptr<const SigningKey>;
  // How long clients may keep what we publish; a new key is published for twice that before it signs.
  static constexpr std::int64_t kMaxAgeS = 3600;
  static constexpr std::int64_t kPublishLeadS = 2 * kMaxAgeS;

  // `rotate_days` 0: never. The references must outlive the ring.
  KeyRing(Store& store, const Clock& clock, Random& random, SealedBox box, int rotate_days);

  // Reads the store's keys (another process may have added some), makes one when there is none or the newest
  // is old, and forgets those that no token in use can have been signed with.
  // Error kInvalid: the keys were sealed with another master key; else the store's errors.
  Status refresh();

  // The key to sign with. Null only before the first refresh().
  Key signing_key();
  // All published keys, newest first.
  std::vector<Key> published();
  // The published key of that id; null: none.
  Key find(std::string_view key_id);

 private:
  Result<Key> unseal(const SigningKeyRecord& record) const;
  Result<Key> make(std::int64_t now_s);

  Store& store_;
  const Clock& clock_;
  Random& random_;
  SealedBox box_;
  std::int64_t rotate_s_;
  std::mutex refreshing_;  // one refresh at a time, without keeping readers waiting
  std::mutex mutex_;       // guards keys_
  std::vector<Key> keys_;  // newest first
};

}  // namespace moongate
