#include "oauth2-mock/key_ring.h"

#include "crypto/base64.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

constexpr std::int64_t kDay = 86400;
// After its successor has taken over, a key is published for a day more: id tokens live an hour.
constexpr std::int64_t kRetireAfterS = kDay;
constexpr std::int64_t kCertificateDays = 3650;

std::string seal_context(std::string_view key_id) { return std::string(kSigningKeyContext) + std::string(key_id); }

}  // namespace

KeyRing::KeyRing(Store& store, const Clock& clock, Random& random, SealedBox box, int rotate_days)
    : store_(store),
      clock_(clock),
      random_(random),
      box_(std::move(box)),
      rotate_s_(static_cast<std::int64_t>(rotate_days) * kDay) {}

Result<KeyRing::Key> KeyRing::unseal(const SigningKeyRecord& record) const {
  const std::optional<std::string> sealed = base64_decode(record.sealed_private_key);
  const std::optional<std::string> opened =
      sealed ? box_.open(*sealed, seal_context(record.key_id)) : std::nullopt;
  if (!opened) {
    return Error(ErrorKind::kInvalid,
                 "the signing key " + record.key_id +
                     " was sealed with another master key; put the former MOONGATE_MASTER_KEY or "
                     "secret/master.key back, or start with a new database");
  }
  const Secret pem(*opened);
  Result<RsaPrivateKey> key = RsaPrivateKey::from_pem(pem.reveal());
  if (!key) return key.error().wrap("the signing key " + record.key_id + " is damaged");
  return Key(std::make_shared<const SigningKey>(
      SigningKey{record.key_id, std::move(*key), record.certificate_pem, record.created_at_s}));
}

Result<KeyRing::Key> KeyRing::make(std::int64_t now_s) {
  Result<RsaPrivateKey> key = RsaPrivateKey::generate();
  if (!key) return key.error();
  // Forty hex digits, as Google's key ids have.
  const std::string key_id = sha256_hex(key->public_key().pem()).substr(0, 40);
  // A day in the past, for verifiers whose clock is late.
  Result<std::string> certificate = self_signed_certificate(*key, "federated-signon.system.moongate",
                                                            now_s - kDay, now_s + kCertificateDays * kDay);
  if (!certificate) return certificate.error();
  const std::string sealed = base64_encode(box_.seal(key->pem().reveal(), seal_context(key_id), random_));
  const Result<bool> kept = store_.insert_signing_key({key_id, sealed, *certificate, now_s});
  if (!kept) return kept.error();
  return Key(std::make_shared<const SigningKey>(
      SigningKey{key_id, std::move(*key), std::move(*certificate), now_s}));
}

Status KeyRing::refresh() {
  const std::lock_guard<std::mutex> refreshing(refreshing_);
  const std::int64_t now_s = clock_.unix_seconds();
  const Result<std::vector<SigningKeyRecord>> records = store_.list_signing_keys();
  if (!records) return records.error();
  std::vector<Key> keys;
  bool successor_signs = false;
  for (const SigningKeyRecord& record : *records) {
    if (successor_signs) {
      if (Result<bool> gone = store_.erase_signing_key(record.key_id); !gone) return gone.error();
      continue;
    }
    Key key = find(record.key_id);
    if (!key) {
      Result<Key> opened = unseal(record);
      if (!opened) return opened.error();
      key = std::move(*opened);
    }
    successor_signs = now_s - record.created_at_s >= kPublishLeadS + kRetireAfterS;
    keys.push_back(std::move(key));
  }
  if (keys.empty() || (rotate_s_ > 0 && now_s - keys.front()->created_at_s >= rotate_s_)) {
    Result<Key> made = make(now_s);
    if (!made) return made.error();
    keys.insert(keys.begin(), std::move(*made));
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  keys_ = std::move(keys);
  return {};
}

KeyRing::Key KeyRing::signing_key() {
  const std::int64_t now_s = clock_.unix_seconds();
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const Key& key : keys_) {
    if (now_s - key->created_at_s >= kPublishLeadS) return key;
  }
  // None is old enough: a fresh installation, where nobody has kept an older list.
  return keys_.empty() ? nullptr : keys_.back();
}

std::vector<KeyRing::Key> KeyRing::published() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return keys_;
}

KeyRing::Key KeyRing::find(std::string_view key_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const Key& key : keys_) {
    if (key->key_id == key_id) return key;
  }
  return nullptr;
}

}  // namespace moongate
