#include "store/sql_store.h"

namespace moongate {

Result<std::vector<SqlRow>> SqlStore::query(std::string_view sql, const SqlRow& parameters) {
  std::vector<SqlRow> rows;
  const Status ok = driver_->run([&](SqlConnection& connection) -> Status {
    Result<std::vector<SqlRow>> found = connection.query(sql, parameters);
    if (!found) return found.error();
    rows = std::move(*found);
    return {};
  });
  if (!ok) return ok.error();
  return rows;
}

Result<std::int64_t> SqlStore::execute(std::string_view sql, const SqlRow& parameters) {
  std::int64_t matched = 0;
  const Status ok = driver_->run([&](SqlConnection& connection) -> Status {
    const Result<std::int64_t> done = connection.execute(sql, parameters);
    if (!done) return done.error();
    matched = *done;
    return {};
  });
  if (!ok) return ok.error();
  return matched;
}

Result<bool> SqlStore::insert(std::string_view sql, const SqlRow& parameters) {
  return transaction([&](SqlConnection& connection) { return connection.insert(sql, parameters); });
}

Result<bool> SqlStore::transaction(const std::function<Result<bool>(SqlConnection&)>& use) {
  bool answer = false;
  bool refused = false;
  const Status ok = driver_->run_transaction([&](SqlConnection& connection) -> Status {
    refused = false;
    const Result<bool> done = use(connection);
    if (!done) return done.error();
    answer = *done;
    // "No" must leave nothing behind either; the error only makes the driver roll back.
    refused = !answer;
    return refused ? Status(Error(ErrorKind::kInvalid, "refused")) : Status();
  });
  if (!ok && !refused) return ok.error();
  return answer;
}

Result<bool> SqlStore::directory_change(const std::function<Result<bool>(SqlConnection&)>& use) {
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> raised =
        connection.execute("UPDATE counters SET amount = amount + 1 WHERE name = 'directory_generation'", {});
    if (!raised) return raised.error();
    return use(connection);
  });
}

Result<std::int64_t> SqlStore::directory_generation() {
  const Result<std::vector<SqlRow>> rows =
      query("SELECT amount FROM counters WHERE name = ?", {std::string("directory_generation")});
  if (!rows) return rows.error();
  return rows->empty() ? 0 : RowReader(rows->front()).number();
}

// --- signing keys

Result<bool> SqlStore::insert_signing_key(const SigningKeyRecord& record) {
  return insert(
      "INSERT INTO signing_keys (key_id, sealed_private_key, certificate, created_at) VALUES (?, ?, ?, ?)",
      {record.key_id, record.sealed_private_key, record.certificate_pem, record.created_at_s});
}

Result<std::vector<SigningKeyRecord>> SqlStore::list_signing_keys() {
  const Result<std::vector<SqlRow>> rows = query(
      "SELECT key_id, sealed_private_key, certificate, created_at FROM signing_keys ORDER BY created_at "
      "DESC, key_id",
      {});
  if (!rows) return rows.error();
  std::vector<SigningKeyRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    SigningKeyRecord& record = records.emplace_back();
    record.key_id = read.text();
    record.sealed_private_key = read.text();
    record.certificate_pem = read.text();
    record.created_at_s = read.number();
  }
  return records;
}

Result<bool> SqlStore::erase_signing_key(std::string_view key_id) {
  const Result<std::int64_t> gone =
      execute("DELETE FROM signing_keys WHERE key_id = ?", {std::string(key_id)});
  if (!gone) return gone.error();
  return *gone > 0;
}

// --- revoked access tokens

Status SqlStore::revoke_token(const RevokedTokenRecord& record) {
  const Result<bool> done = directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<bool> fresh = connection.insert("INSERT INTO revoked_tokens (id, expires_at) VALUES (?, ?)",
                                                 {record.id, record.expires_at_s});
    if (!fresh || *fresh) return fresh;
    const Result<std::int64_t> later =
        connection.execute("UPDATE revoked_tokens SET expires_at = ? WHERE id = ? AND expires_at < ?",
                           {record.expires_at_s, record.id, record.expires_at_s});
    if (!later) return later.error();
    return true;
  });
  if (!done) return done.error();
  return {};
}

Result<std::vector<RevokedTokenRecord>> SqlStore::list_revoked_tokens(std::int64_t now_s) {
  const Result<std::vector<SqlRow>> rows =
      query("SELECT id, expires_at FROM revoked_tokens WHERE expires_at > ? ORDER BY id", {now_s});
  if (!rows) return rows.error();
  std::vector<RevokedTokenRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    RevokedTokenRecord& record = records.emplace_back();
    record.id = read.text();
    record.expires_at_s = read.number();
  }
  return records;
}

// --- single facts

Result<std::optional<std::string>> SqlStore::admin_token_sha256() {
  const Result<std::vector<SqlRow>> rows =
      query("SELECT content FROM facts WHERE name = ?", {std::string("admin_token_sha256")});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<std::string>();
  return std::optional<std::string>(RowReader(rows->front()).text());
}

Status SqlStore::set_admin_token_sha256(std::string_view sha256) {
  const std::string name = "admin_token_sha256";
  const Result<bool> done = transaction([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> gone = connection.execute("DELETE FROM facts WHERE name = ?", {name});
    if (!gone) return gone.error();
    return connection.insert("INSERT INTO facts (name, content) VALUES (?, ?)", {name, std::string(sha256)});
  });
  if (!done) return done.error();
  return {};
}

Status SqlStore::erase_expired(std::int64_t now_s) {
  for (const char* sql : {"DELETE FROM refresh_tokens WHERE expires_at <= ?",
                          "DELETE FROM revoked_tokens WHERE expires_at <= ?",
                          "DELETE FROM user_sessions WHERE expires_at <= ?",
                          "DELETE FROM session_tokens WHERE expires_at <= ?",
                          "DELETE FROM login_nonces WHERE expires_at <= ?",
                          "DELETE FROM invitations WHERE expires_at <= ?",
                          "DELETE FROM virtual_account_old_keys WHERE until_s <= ?"}) {
    if (Result<std::int64_t> gone = execute(sql, {now_s}); !gone) return gone.error();
  }
  return {};
}

}  // namespace moongate
