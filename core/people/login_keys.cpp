#include "people/login_keys.h"

#include "crypto/base64.h"

namespace moongate {
namespace {

constexpr std::string_view kPurpose = "moongate login keys v1";
constexpr std::string_view kContext = "login key ";
constexpr int kBits = 3072;  // leaves room for a password of 200 bytes beside the nonce

}  // namespace

LoginKeys::LoginKeys(Store& store, const Clock& clock, Random& random, const Logger& log, const Secret& master_key)
    : store_(store), clock_(clock), random_(random), log_(log), box_(SealedBox::derive(master_key.reveal(), kPurpose)) {}

Result<LoginKey> LoginKeys::open(const LoginKeyRecord& record) {
  if (const auto known = opened_.find(record.id); known != opened_.end()) return LoginKey{record.id, known->second};
  const auto sealed = base64_decode(record.sealed_private_key);
  const auto pem = sealed ? box_.open(*sealed, std::string(kContext) + record.id) : std::nullopt;
  if (!pem) return Error(ErrorKind::kNotFound, "the login key was sealed with another master key");
  auto key = RsaPrivateKey::from_pem(*pem);
  if (!key) return key.error();
  opened_.emplace(record.id, *key);
  return LoginKey{record.id, std::move(*key)};
}

Result<LoginKey> LoginKeys::current() {
  const std::lock_guard lock(mutex_);
  const auto records = store_.list_login_keys();
  if (!records) return records.error();
  const std::int64_t now_s = clock_.unix_seconds();
  // An old key goes some time after the last nonce that was given out with it.
  for (const LoginKeyRecord& each : *records) {
    if (each.created_at_s + 2 * kLifetimeS >= now_s) continue;
    opened_.erase(each.id);
    if (const auto gone = store_.erase_login_key(each.id); !gone) return gone.error();
  }
  if (!records->empty() && records->front().created_at_s + kLifetimeS > now_s) {
    if (auto key = open(records->front())) return key;
    log_.warn("the key that passwords are encrypted to was sealed with another master key; a new one is made");
  }
  return make();
}

Result<LoginKey> LoginKeys::find(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (const auto known = opened_.find(id); known != opened_.end()) return LoginKey{id, known->second};
  const auto records = store_.list_login_keys();
  if (!records) return records.error();
  for (const LoginKeyRecord& each : *records) {
    if (each.id == id) return open(each);
  }
  return Error(ErrorKind::kNotFound, "there is no such login key");
}

Result<LoginKey> LoginKeys::make() {
  auto key = RsaPrivateKey::generate(kBits);
  if (!key) return key.error();
  LoginKeyRecord record;
  record.id = "lk-" + random_token(random_, 16);
  record.created_at_s = clock_.unix_seconds();
  record.sealed_private_key = base64_encode(box_.seal(key->pem().reveal(), std::string(kContext) + record.id, random_));
  const Result<bool> kept = store_.insert_login_key(record);
  if (!kept) return kept.error();
  opened_.emplace(record.id, *key);
  return LoginKey{record.id, std::move(*key)};
}

}  // namespace moongate
