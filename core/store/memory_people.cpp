// Sessions and their tokens, nonces, login keys, invitations in a few maps.
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

template <class Map>
auto newest_first(const Map& map) {
  std::vector<typename Map::mapped_type> records;
  for (const auto& [id, record] : map) records.push_back(record);
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::tie(b.created_at_s, a.id) < std::tie(a.created_at_s, b.id);
  });
  return records;
}

}  // namespace

Result<bool> MemoryStore::insert_session(const SessionRecord& session, const SessionTokenRecord& first) {
  const Lock lock(mutex_);
  if (sessions_.contains(session.id) || session_tokens_.contains(first.sha256)) return false;
  sessions_.emplace(session.id, session);
  session_tokens_.emplace(first.sha256, first);
  return true;
}

Result<std::optional<SessionRecord>> MemoryStore::find_session(std::string_view id) {
  const Lock lock(mutex_);
  return copy_of(sessions_, id);
}

Result<std::vector<SessionRecord>> MemoryStore::list_sessions(std::string_view user_id, std::int64_t now_s) {
  const Lock lock(mutex_);
  std::vector<SessionRecord> records = newest_first(sessions_);
  std::erase_if(records, [&](const SessionRecord& each) { return each.user_id != user_id || each.expires_at_s <= now_s; });
  return records;
}

Result<bool> MemoryStore::set_session_credential(std::string_view id, std::string_view sha256) {
  const Lock lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return false;
  found->second.credential_sha256 = sha256;
  return true;
}

void MemoryStore::drop_sessions(const std::function<bool(const SessionRecord&)>& is) {
  std::erase_if(sessions_, [&](const auto& entry) { return is(entry.second); });
  std::erase_if(session_tokens_, [&](const auto& entry) { return !sessions_.contains(entry.second.session_id); });
}

Result<bool> MemoryStore::erase_session(std::string_view id) {
  const Lock lock(mutex_);
  const std::size_t before = sessions_.size();
  drop_sessions([&](const SessionRecord& each) { return each.id == id; });
  return sessions_.size() < before;
}

Result<std::int64_t> MemoryStore::erase_other_sessions(std::string_view user_id, std::string_view kept_id) {
  const Lock lock(mutex_);
  const std::size_t before = sessions_.size();
  drop_sessions([&](const SessionRecord& each) { return each.user_id == user_id && each.id != kept_id; });
  return static_cast<std::int64_t>(before - sessions_.size());
}

Result<std::optional<SessionTokenRecord>> MemoryStore::find_session_token(std::string_view sha256) {
  const Lock lock(mutex_);
  return copy_of(session_tokens_, sha256);
}

Result<bool> MemoryStore::rotate_session_token(std::string_view sha256, const SessionTokenRecord& next) {
  const Lock lock(mutex_);
  const auto token = session_tokens_.find(sha256);
  const auto session = sessions_.find(next.session_id);
  if (token == session_tokens_.end() || token->second.used_at_s != 0 || session == sessions_.end()) return false;
  if (session_tokens_.contains(next.sha256)) return false;
  token->second.used_at_s = next.created_at_s;
  session->second.last_seen_at_s = next.created_at_s;
  session->second.expires_at_s = next.expires_at_s;
  session_tokens_.emplace(next.sha256, next);
  return true;
}

Result<bool> MemoryStore::insert_nonce(const NonceRecord& record) {
  const Lock lock(mutex_);
  return nonces_.emplace(record.sha256, record).second;
}

Result<std::optional<NonceRecord>> MemoryStore::take_nonce(std::string_view sha256, std::string_view purpose,
                                                           std::int64_t now_s) {
  const Lock lock(mutex_);
  const auto found = nonces_.find(sha256);
  if (found == nonces_.end() || found->second.purpose != purpose || found->second.expires_at_s <= now_s) {
    return std::optional<NonceRecord>();
  }
  std::optional<NonceRecord> record(std::move(found->second));
  nonces_.erase(found);
  return record;
}

Result<bool> MemoryStore::insert_login_key(const LoginKeyRecord& record) {
  const Lock lock(mutex_);
  return login_keys_.emplace(record.id, record).second;
}

Result<std::vector<LoginKeyRecord>> MemoryStore::list_login_keys() {
  const Lock lock(mutex_);
  return newest_first(login_keys_);
}

Result<bool> MemoryStore::erase_login_key(std::string_view id) {
  const Lock lock(mutex_);
  const auto found = login_keys_.find(id);
  if (found == login_keys_.end()) return false;
  login_keys_.erase(found);
  return true;
}

Result<bool> MemoryStore::insert_invitation(const InvitationRecord& record) {
  const Lock lock(mutex_);
  for (const auto& [id, other] : invitations_) {
    if (other.token_sha256 == record.token_sha256) return false;
  }
  return invitations_.emplace(record.id, record).second;
}

Result<std::vector<InvitationRecord>> MemoryStore::list_invitations() {
  const Lock lock(mutex_);
  return newest_first(invitations_);
}

Result<std::optional<InvitationRecord>> MemoryStore::find_invitation(std::string_view token_sha256) {
  const Lock lock(mutex_);
  for (const auto& [id, record] : invitations_) {
    if (record.token_sha256 == token_sha256) return std::optional<InvitationRecord>(record);
  }
  return std::optional<InvitationRecord>();
}

Result<bool> MemoryStore::use_invitation(std::string_view id, std::string_view user_id, std::int64_t now_s) {
  const Lock lock(mutex_);
  const auto found = invitations_.find(id);
  if (found == invitations_.end() || !found->second.user_id.empty() || found->second.expires_at_s <= now_s) return false;
  found->second.user_id = user_id;
  return true;
}

Result<bool> MemoryStore::erase_invitation(std::string_view id) {
  const Lock lock(mutex_);
  const auto found = invitations_.find(id);
  if (found == invitations_.end()) return false;
  invitations_.erase(found);
  return true;
}

}  // namespace moongate
