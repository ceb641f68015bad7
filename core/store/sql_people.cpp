// Sessions and their tokens, nonces, login keys, invitations.
#include "store/sql_store.h"

namespace moongate {
namespace {

constexpr std::string_view kSessions =
    "SELECT id, user_id, credential_sha256, address, agent, created_at, last_seen_at, expires_at FROM user_sessions";
constexpr std::string_view kInvitations =
    "SELECT id, token_sha256, email, role, invited_by, created_at, expires_at, user_id FROM invitations";

SessionRecord session_of(const SqlRow& row) {
  RowReader read(row);
  SessionRecord record;
  record.id = read.text();
  record.user_id = read.text();
  record.credential_sha256 = read.text();
  record.address = read.text();
  record.agent = read.text();
  record.created_at_s = read.number();
  record.last_seen_at_s = read.number();
  record.expires_at_s = read.number();
  return record;
}

InvitationRecord invitation_of(const SqlRow& row) {
  RowReader read(row);
  InvitationRecord record;
  record.id = read.text();
  record.token_sha256 = read.text();
  record.email = read.text();
  record.role = read.text();
  record.invited_by = read.text();
  record.created_at_s = read.number();
  record.expires_at_s = read.number();
  record.user_id = read.text();
  return record;
}

Result<bool> insert_token(SqlConnection& connection, const SessionTokenRecord& record) {
  return connection.insert(
      "INSERT INTO session_tokens (token_sha256, session_id, used_at, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
      {record.sha256, record.session_id, record.used_at_s, record.created_at_s, record.expires_at_s});
}

}  // namespace

Result<bool> SqlStore::insert_session(const SessionRecord& session, const SessionTokenRecord& first) {
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    const Result<bool> fresh = connection.insert(
        "INSERT INTO user_sessions (id, user_id, credential_sha256, address, agent, created_at, last_seen_at, expires_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {session.id, session.user_id, session.credential_sha256, session.address, session.agent, session.created_at_s,
         session.last_seen_at_s, session.expires_at_s});
    if (!fresh || !*fresh) return fresh;
    return insert_token(connection, first);
  });
}

Result<std::optional<SessionRecord>> SqlStore::find_session(std::string_view id) {
  const auto rows = query(std::string(kSessions) + " WHERE id = ?", {std::string(id)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<SessionRecord>();
  return std::optional<SessionRecord>(session_of(rows->front()));
}

Result<std::vector<SessionRecord>> SqlStore::list_sessions(std::string_view user_id, std::int64_t now_s) {
  const auto rows = query(std::string(kSessions) + " WHERE user_id = ? AND expires_at > ? ORDER BY created_at DESC, id",
                          {std::string(user_id), now_s});
  if (!rows) return rows.error();
  std::vector<SessionRecord> records;
  for (const SqlRow& row : *rows) records.push_back(session_of(row));
  return records;
}

Result<bool> SqlStore::set_session_credential(std::string_view id, std::string_view sha256) {
  return matched_any(execute("UPDATE user_sessions SET credential_sha256 = ? WHERE id = ?",
                             {std::string(sha256), std::string(id)}));
}

Result<bool> SqlStore::erase_session(std::string_view id) {
  return matched_any(execute("DELETE FROM user_sessions WHERE id = ?", {std::string(id)}));
}

Result<std::int64_t> SqlStore::erase_other_sessions(std::string_view user_id, std::string_view kept_id) {
  return execute("DELETE FROM user_sessions WHERE user_id = ? AND id <> ?", {std::string(user_id), std::string(kept_id)});
}

Result<std::optional<SessionTokenRecord>> SqlStore::find_session_token(std::string_view sha256) {
  const auto rows = query(
      "SELECT token_sha256, session_id, used_at, created_at, expires_at FROM session_tokens WHERE token_sha256 = ?",
      {std::string(sha256)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<SessionTokenRecord>();
  RowReader read(rows->front());
  SessionTokenRecord record;
  record.sha256 = read.text();
  record.session_id = read.text();
  record.used_at_s = read.number();
  record.created_at_s = read.number();
  record.expires_at_s = read.number();
  return std::optional<SessionTokenRecord>(std::move(record));
}

Result<bool> SqlStore::rotate_session_token(std::string_view sha256, const SessionTokenRecord& next) {
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    const auto used = connection.execute("UPDATE session_tokens SET used_at = ? WHERE token_sha256 = ? AND used_at = 0",
                                         {next.created_at_s, std::string(sha256)});
    if (!used) return used.error();
    if (*used == 0) return false;
    const auto seen = connection.execute("UPDATE user_sessions SET last_seen_at = ?, expires_at = ? WHERE id = ?",
                                         {next.created_at_s, next.expires_at_s, next.session_id});
    if (!seen) return seen.error();
    if (*seen == 0) return false;
    return insert_token(connection, next);
  });
}

Result<bool> SqlStore::insert_nonce(const NonceRecord& record) {
  return insert("INSERT INTO login_nonces (nonce_sha256, purpose, content, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
                {record.sha256, record.purpose, record.content, record.created_at_s, record.expires_at_s});
}

Result<std::optional<NonceRecord>> SqlStore::take_nonce(std::string_view sha256, std::string_view purpose,
                                                        std::int64_t now_s) {
  NonceRecord record;
  const Result<bool> taken = transaction([&](SqlConnection& connection) -> Result<bool> {
    const auto rows = connection.query(
        "SELECT nonce_sha256, purpose, content, created_at, expires_at FROM login_nonces WHERE nonce_sha256 = ?",
        {std::string(sha256)});
    if (!rows) return rows.error();
    if (rows->empty()) return false;
    RowReader read(rows->front());
    record.sha256 = read.text();
    record.purpose = read.text();
    record.content = read.text();
    record.created_at_s = read.number();
    record.expires_at_s = read.number();
    if (record.purpose != purpose || record.expires_at_s <= now_s) return false;
    // Of several who read it, one takes it away.
    return matched_any(connection.execute("DELETE FROM login_nonces WHERE nonce_sha256 = ?", {std::string(sha256)}));
  });
  if (!taken) return taken.error();
  if (!*taken) return std::optional<NonceRecord>();
  return std::optional<NonceRecord>(std::move(record));
}

Result<bool> SqlStore::insert_login_key(const LoginKeyRecord& record) {
  return insert("INSERT INTO login_keys (id, sealed_private_key, created_at) VALUES (?, ?, ?)",
                {record.id, record.sealed_private_key, record.created_at_s});
}

Result<std::vector<LoginKeyRecord>> SqlStore::list_login_keys() {
  const auto rows = query("SELECT id, sealed_private_key, created_at FROM login_keys ORDER BY created_at DESC, id", {});
  if (!rows) return rows.error();
  std::vector<LoginKeyRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    LoginKeyRecord& record = records.emplace_back();
    record.id = read.text();
    record.sealed_private_key = read.text();
    record.created_at_s = read.number();
  }
  return records;
}

Result<bool> SqlStore::erase_login_key(std::string_view id) {
  return matched_any(execute("DELETE FROM login_keys WHERE id = ?", {std::string(id)}));
}

Result<bool> SqlStore::insert_invitation(const InvitationRecord& record) {
  return insert(
      "INSERT INTO invitations (id, token_sha256, email, role, invited_by, created_at, expires_at, user_id) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {record.id, record.token_sha256, record.email, record.role, record.invited_by, record.created_at_s,
       record.expires_at_s, record.user_id});
}

Result<std::vector<InvitationRecord>> SqlStore::list_invitations() {
  const auto rows = query(std::string(kInvitations) + " ORDER BY created_at DESC, id", {});
  if (!rows) return rows.error();
  std::vector<InvitationRecord> records;
  for (const SqlRow& row : *rows) records.push_back(invitation_of(row));
  return records;
}

Result<std::optional<InvitationRecord>> SqlStore::find_invitation(std::string_view token_sha256) {
  const auto rows = query(std::string(kInvitations) + " WHERE token_sha256 = ?", {std::string(token_sha256)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<InvitationRecord>();
  return std::optional<InvitationRecord>(invitation_of(rows->front()));
}

Result<bool> SqlStore::use_invitation(std::string_view id, std::string_view user_id, std::int64_t now_s) {
  return matched_any(execute("UPDATE invitations SET user_id = ? WHERE id = ? AND user_id = '' AND expires_at > ?",
                             {std::string(user_id), std::string(id), now_s}));
}

Result<bool> SqlStore::erase_invitation(std::string_view id) {
  return matched_any(execute("DELETE FROM invitations WHERE id = ?", {std::string(id)}));
}

}  // namespace moongate
