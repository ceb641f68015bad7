#include "store/memory_store.h"

#include <algorithm>

namespace moongate {
namespace {

using Lock = std::lock_guard<std::mutex>;

// The values of a map, from the oldest; those of one second in the order of their keys.
template <class Map>
auto by_age(const Map& map) {
  std::multimap<std::int64_t, typename Map::mapped_type> sorted;
  for (const auto& [key, record] : map) sorted.emplace(record.created_at_s, record);
  std::vector<typename Map::mapped_type> records;
  for (auto& [time, record] : sorted) records.push_back(std::move(record));
  return records;
}

template <class Map>
std::optional<typename Map::mapped_type> copy_of(const Map& map, std::string_view key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Result<bool> MemoryStore::insert_virtual_account(const VirtualAccountRecord& record) {
  const Lock lock(mutex_);
  for (const auto& [id, other] : accounts_) {
    if (id == record.id || other.email == record.email || other.key_id == record.key_id) return false;
  }
  if (record.metadata_default) {
    for (auto& [id, other] : accounts_) other.metadata_default = false;
  }
  accounts_[record.id] = record;
  accounts_[record.id].old_keys.clear();
  return changed(true);
}

Result<std::vector<VirtualAccountRecord>> MemoryStore::list_virtual_accounts() {
  const Lock lock(mutex_);
  return by_age(accounts_);
}

Result<std::optional<VirtualAccountRecord>> MemoryStore::find_virtual_account(std::string_view id) {
  const Lock lock(mutex_);
  return copy_of(accounts_, id);
}

Result<bool> MemoryStore::set_virtual_account_enabled(std::string_view id, bool enabled) {
  const Lock lock(mutex_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return false;
  found->second.enabled = enabled;
  return changed(true);
}

Result<bool> MemoryStore::set_virtual_account_metadata_default(std::string_view id, bool marked) {
  const Lock lock(mutex_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return false;
  for (auto& [other_id, other] : accounts_) other.metadata_default = other.metadata_default && !marked;
  found->second.metadata_default = marked;
  return true;
}

Result<bool> MemoryStore::set_virtual_account_external_secret(std::string_view id, std::string_view sha256) {
  const Lock lock(mutex_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return false;
  found->second.external_secret_sha256 = sha256;
  return true;
}

Result<bool> MemoryStore::erase_virtual_account(std::string_view id) {
  const Lock lock(mutex_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return false;
  accounts_.erase(found);
  std::erase_if(refresh_tokens_, [&](const auto& entry) { return entry.second.account_id == id; });
  return changed(true);
}

Result<bool> MemoryStore::insert_oauth_client(const OAuthClientRecord& record) {
  const Lock lock(mutex_);
  return changed(clients_.emplace(record.id, record).second);
}

Result<std::vector<OAuthClientRecord>> MemoryStore::list_oauth_clients() {
  const Lock lock(mutex_);
  return by_age(clients_);
}

Result<std::optional<OAuthClientRecord>> MemoryStore::find_oauth_client(std::string_view id) {
  const Lock lock(mutex_);
  return copy_of(clients_, id);
}

Result<bool> MemoryStore::set_oauth_client_enabled(std::string_view id, bool enabled) {
  const Lock lock(mutex_);
  const auto found = clients_.find(id);
  if (found == clients_.end()) return false;
  found->second.enabled = enabled;
  return changed(true);
}

Result<bool> MemoryStore::erase_oauth_client(std::string_view id) {
  const Lock lock(mutex_);
  const auto found = clients_.find(id);
  if (found == clients_.end()) return false;
  clients_.erase(found);
  std::erase_if(refresh_tokens_, [&](const auto& entry) { return entry.second.client_id == id; });
  return changed(true);
}

Result<bool> MemoryStore::insert_refresh_token(const RefreshTokenRecord& record) {
  const Lock lock(mutex_);
  return refresh_tokens_.emplace(record.token_sha256, record).second;
}

Result<std::optional<RefreshTokenRecord>> MemoryStore::find_refresh_token(std::string_view sha256) {
  const Lock lock(mutex_);
  return copy_of(refresh_tokens_, sha256);
}

Result<bool> MemoryStore::rotate_refresh_token(std::string_view sha256, const RefreshTokenRecord& next) {
  const Lock lock(mutex_);
  const auto found = refresh_tokens_.find(sha256);
  if (found == refresh_tokens_.end() || found->second.state != RefreshTokenState::kActive) return false;
  if (!refresh_tokens_.emplace(next.token_sha256, next).second) return false;
  found->second.state = RefreshTokenState::kUsed;
  return true;
}

Result<std::int64_t> MemoryStore::revoke_refresh_family(std::string_view family) {
  const Lock lock(mutex_);
  std::int64_t revoked = 0;
  for (auto& [sha256, record] : refresh_tokens_) {
    if (record.family != family || record.state == RefreshTokenState::kRevoked) continue;
    record.state = RefreshTokenState::kRevoked;
    ++revoked;
  }
  return revoked;
}

Result<bool> MemoryStore::insert_signing_key(const SigningKeyRecord& record) {
  const Lock lock(mutex_);
  return signing_keys_.emplace(record.key_id, record).second;
}

Result<std::vector<SigningKeyRecord>> MemoryStore::list_signing_keys() {
  const Lock lock(mutex_);
  std::vector<SigningKeyRecord> records = by_age(signing_keys_);
  std::reverse(records.begin(), records.end());
  return records;
}

Result<bool> MemoryStore::erase_signing_key(std::string_view key_id) {
  const Lock lock(mutex_);
  return signing_keys_.erase(std::string(key_id)) > 0;
}

Status MemoryStore::revoke_token(const RevokedTokenRecord& record) {
  const Lock lock(mutex_);
  RevokedTokenRecord& kept = revoked_.emplace(record.id, record).first->second;
  kept.expires_at_s = std::max(kept.expires_at_s, record.expires_at_s);
  ++generation_;
  return {};
}

Result<std::vector<RevokedTokenRecord>> MemoryStore::list_revoked_tokens(std::int64_t now_s) {
  const Lock lock(mutex_);
  std::vector<RevokedTokenRecord> records;
  for (const auto& [id, record] : revoked_) {
    if (record.expires_at_s > now_s) records.push_back(record);
  }
  return records;
}

Result<std::optional<std::string>> MemoryStore::admin_token_sha256() {
  const Lock lock(mutex_);
  return admin_token_sha256_;
}

Status MemoryStore::set_admin_token_sha256(std::string_view sha256) {
  const Lock lock(mutex_);
  admin_token_sha256_ = std::string(sha256);
  return {};
}

Status MemoryStore::erase_expired(std::int64_t now_s) {
  const Lock lock(mutex_);
  std::erase_if(refresh_tokens_, [&](const auto& entry) { return entry.second.expires_at_s <= now_s; });
  std::erase_if(revoked_, [&](const auto& entry) { return entry.second.expires_at_s <= now_s; });
  drop_sessions([&](const SessionRecord& each) { return each.expires_at_s <= now_s; });
  std::erase_if(session_tokens_, [&](const auto& entry) { return entry.second.expires_at_s <= now_s; });
  std::erase_if(nonces_, [&](const auto& entry) { return entry.second.expires_at_s <= now_s; });
  std::erase_if(invitations_, [&](const auto& entry) { return entry.second.expires_at_s <= now_s; });
  for (auto& [id, account] : accounts_) {
    std::erase_if(account.old_keys, [&](const VirtualAccountKey& key) { return key.until_s <= now_s; });
  }
  return {};
}

Result<std::int64_t> MemoryStore::reseal(const Reseal& reseal) {
  const Lock lock(mutex_);
  auto keys = signing_keys_;
  auto accounts = upstream_accounts_;
  std::int64_t changed = 0;
  const auto replace = [&](SealedKind kind, const std::string& id, std::string& sealed) -> Status {
    Result<std::string> made = reseal(kind, id, sealed);
    if (!made) return made.error();
    changed += *made != sealed ? 1 : 0;
    sealed = std::move(*made);
    return {};
  };
  for (auto& [id, key] : keys) {
    if (Status ok = replace(SealedKind::kSigningKey, id, key.sealed_private_key); !ok) return ok.error();
  }
  for (auto& [name, account] : accounts) {
    if (Status ok = replace(SealedKind::kUpstreamCredential, name, account.sealed_credential); !ok)
      return ok.error();
  }
  auto versions = versions_;
  for (ConfigVersion& each : versions) {
    if (Status ok = replace(SealedKind::kConfigVersion, each.digest, each.sealed); !ok) return ok.error();
  }
  versions_ = std::move(versions);
  signing_keys_ = std::move(keys);
  upstream_accounts_ = std::move(accounts);
  if (changed > 0) ++generation_;
  return changed;
}

}  // namespace moongate
