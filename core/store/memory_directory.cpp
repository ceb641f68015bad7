// Users, clients, keys and upstream accounts in a few maps.
#include <algorithm>
#include <tuple>

#include "store/memory_store.h"

namespace moongate {
namespace {

using Lock = std::lock_guard<std::mutex>;

template <class Map>
std::optional<typename Map::mapped_type> copy_of(const Map& map, std::string_view key) {
  const auto found = map.find(key);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

template <class Map, class Is>
std::optional<typename Map::mapped_type> find_by(const Map& map, const Is& is) {
  for (const auto& [key, record] : map) {
    if (is(record)) return record;
  }
  return std::nullopt;
}

template <class Map>
auto by_name(const Map& map) {
  std::vector<typename Map::mapped_type> records;
  for (const auto& [key, record] : map) records.push_back(record);
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return records;
}

bool same_person(const UserRecord& a, const UserRecord& b) {
  return a.name == b.name || (!a.email.empty() && a.email == b.email);
}

}  // namespace

Result<bool> MemoryStore::changed(bool done) {
  if (done) ++generation_;
  return done;
}

Status MemoryStore::check_user(std::string_view user_id) const {
  if (users_.contains(user_id)) return {};
  return Error(ErrorKind::kInvalid, "there is no user " + std::string(user_id));
}

Status MemoryStore::check_client(std::string_view client_id) const {
  if (api_clients_.contains(client_id)) return {};
  return Error(ErrorKind::kInvalid, "there is no client " + std::string(client_id));
}

Result<std::int64_t> MemoryStore::directory_generation() {
  const Lock lock(mutex_);
  return generation_;
}

// --- users

Result<bool> MemoryStore::insert_user(const UserRecord& record) {
  const Lock lock(mutex_);
  if (find_by(users_, [&](const UserRecord& other) { return same_person(other, record); })) return false;
  return changed(users_.emplace(record.id, record).second);
}

Result<std::vector<UserRecord>> MemoryStore::list_users() {
  const Lock lock(mutex_);
  return by_name(users_);
}

Result<std::optional<UserRecord>> MemoryStore::find_user(std::string_view id) {
  const Lock lock(mutex_);
  return copy_of(users_, id);
}

Result<std::optional<UserRecord>> MemoryStore::find_user_by_name(std::string_view name) {
  const Lock lock(mutex_);
  return find_by(users_, [&](const UserRecord& user) { return user.name == name; });
}

Result<std::optional<UserRecord>> MemoryStore::find_user_by_email(std::string_view email) {
  const Lock lock(mutex_);
  return find_by(users_, [&](const UserRecord& user) { return !email.empty() && user.email == email; });
}

Result<bool> MemoryStore::update_user(const UserRecord& record) {
  const Lock lock(mutex_);
  const auto found = users_.find(record.id);
  if (found == users_.end()) return false;
  if (find_by(users_,
              [&](const UserRecord& other) { return other.id != record.id && same_person(other, record); })) {
    return Error(ErrorKind::kInvalid, "the name or the e-mail address belongs to another user");
  }
  const std::int64_t created_at_s = found->second.created_at_s;
  found->second = record;
  found->second.created_at_s = created_at_s;
  return changed(true);
}

// --- clients

Result<bool> MemoryStore::insert_client(const ClientRecord& record) {
  const Lock lock(mutex_);
  if (!record.user_id.empty()) {
    if (Status known = check_user(record.user_id); !known) return known.error();
  }
  if (find_by(api_clients_, [&](const ClientRecord& other) { return other.name == record.name; }))
    return false;
  return changed(api_clients_.emplace(record.id, record).second);
}

Result<std::vector<ClientRecord>> MemoryStore::list_clients() {
  const Lock lock(mutex_);
  return by_name(api_clients_);
}

Result<std::optional<ClientRecord>> MemoryStore::find_client(std::string_view id) {
  const Lock lock(mutex_);
  return copy_of(api_clients_, id);
}

Result<std::optional<ClientRecord>> MemoryStore::find_client_by_name(std::string_view name) {
  const Lock lock(mutex_);
  return find_by(api_clients_, [&](const ClientRecord& client) { return client.name == name; });
}

Result<bool> MemoryStore::update_client(const ClientRecord& record) {
  const Lock lock(mutex_);
  const auto found = api_clients_.find(record.id);
  if (found == api_clients_.end()) return false;
  if (!record.user_id.empty()) {
    if (Status known = check_user(record.user_id); !known) return known.error();
  }
  if (find_by(api_clients_, [&](const ClientRecord& other) {
        return other.id != record.id && other.name == record.name;
      })) {
    return Error(ErrorKind::kInvalid, "the name belongs to another client");
  }
  const std::int64_t created_at_s = found->second.created_at_s;
  found->second = record;
  found->second.created_at_s = created_at_s;
  return changed(true);
}

Result<bool> MemoryStore::erase_client(std::string_view id) {
  const Lock lock(mutex_);
  const auto found = api_clients_.find(id);
  if (found == api_clients_.end()) return false;
  std::erase_if(keys_, [&](const auto& entry) { return entry.second.client_id == id; });
  api_clients_.erase(found);
  return changed(true);
}

// --- keys

Result<bool> MemoryStore::insert_key(const ApiKeyRecord& record) {
  const Lock lock(mutex_);
  if (Status known = check_client(record.client_id); !known) return known.error();
  if (find_by(keys_, [&](const ApiKeyRecord& other) { return other.sha256 == record.sha256; })) return false;
  return changed(keys_.emplace(record.id, record).second);
}

Result<std::vector<ApiKeyRecord>> MemoryStore::list_keys(std::string_view client_id) {
  const Lock lock(mutex_);
  std::vector<ApiKeyRecord> records;
  for (const auto& [id, key] : keys_) {
    if (client_id.empty() || key.client_id == client_id) records.push_back(key);
  }
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::tie(a.created_at_s, a.id) < std::tie(b.created_at_s, b.id);
  });
  return records;
}

Result<std::optional<ApiKeyRecord>> MemoryStore::find_key(std::string_view id) {
  const Lock lock(mutex_);
  return copy_of(keys_, id);
}

KeyHolder MemoryStore::holder_of(const ApiKeyRecord& key, std::string_view client_id) const {
  KeyHolder holder;
  holder.key = key;
  if (const auto client = copy_of(api_clients_, client_id)) {
    holder.client = *client;
    if (const auto user = copy_of(users_, client->user_id)) holder.user = *user;
  }
  return holder;
}

Result<std::optional<KeyHolder>> MemoryStore::find_holder(std::string_view sha256) {
  const Lock lock(mutex_);
  const auto key = find_by(keys_, [&](const ApiKeyRecord& other) { return other.sha256 == sha256; });
  if (!key) return std::optional<KeyHolder>();
  return std::optional<KeyHolder>(holder_of(*key, key->client_id));
}

Result<std::optional<KeyHolder>> MemoryStore::find_holder_by_client(std::string_view client_name) {
  const Lock lock(mutex_);
  const auto client =
      find_by(api_clients_, [&](const ClientRecord& other) { return other.name == client_name; });
  if (!client) return std::optional<KeyHolder>();
  return std::optional<KeyHolder>(holder_of({}, client->id));
}

Result<bool> MemoryStore::update_key(const ApiKeyRecord& record) {
  const Lock lock(mutex_);
  const auto found = keys_.find(record.id);
  if (found == keys_.end()) return false;
  if (Status known = check_client(record.client_id); !known) return known.error();
  ApiKeyRecord& key = found->second;
  key.name = record.name;
  key.client_id = record.client_id;
  key.enabled = record.enabled;
  key.terms = record.terms;
  key.expires_at_s = record.expires_at_s;
  return changed(true);
}

Result<bool> MemoryStore::replace_key_secret(std::string_view id, std::string_view sha256,
                                             std::string_view prefix) {
  const Lock lock(mutex_);
  const auto found = keys_.find(id);
  if (found == keys_.end()) return false;
  if (find_by(keys_, [&](const ApiKeyRecord& other) { return other.id != id && other.sha256 == sha256; })) {
    return Error(ErrorKind::kInvalid, "another key has this secret");
  }
  found->second.sha256 = sha256;
  found->second.prefix = prefix;
  return changed(true);
}

Result<bool> MemoryStore::erase_key(std::string_view id) {
  const Lock lock(mutex_);
  return changed(keys_.erase(std::string(id)) > 0);
}

Status MemoryStore::touch_keys(const std::vector<std::pair<std::string, std::int64_t>>& id_and_last_used_s) {
  const Lock lock(mutex_);
  for (const auto& [id, last_used_s] : id_and_last_used_s) {
    const auto found = keys_.find(id);
    if (found == keys_.end()) continue;
    found->second.last_used_at_s = std::max(found->second.last_used_at_s, last_used_s);
  }
  return {};
}

// --- upstream accounts

Result<bool> MemoryStore::insert_upstream_account(const UpstreamAccountRecord& record) {
  const Lock lock(mutex_);
  return changed(upstream_accounts_.emplace(record.name, record).second);
}

Result<std::vector<UpstreamAccountRecord>> MemoryStore::list_upstream_accounts() {
  const Lock lock(mutex_);
  return by_name(upstream_accounts_);
}

Result<std::optional<UpstreamAccountRecord>> MemoryStore::find_upstream_account(std::string_view name) {
  const Lock lock(mutex_);
  return copy_of(upstream_accounts_, name);
}

Result<bool> MemoryStore::update_upstream_account(const UpstreamAccountRecord& record) {
  const Lock lock(mutex_);
  const auto found = upstream_accounts_.find(record.name);
  if (found == upstream_accounts_.end()) return false;
  const std::int64_t created_at_s = found->second.created_at_s;
  found->second = record;
  found->second.created_at_s = created_at_s;
  return changed(true);
}

Result<bool> MemoryStore::erase_upstream_account(std::string_view name) {
  const Lock lock(mutex_);
  return changed(upstream_accounts_.erase(std::string(name)) > 0);
}

}  // namespace moongate
