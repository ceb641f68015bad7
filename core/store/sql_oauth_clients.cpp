// OAuth clients and the refresh tokens that they hold.
#include "store/sql_store.h"

namespace moongate {
namespace {

std::string_view to_text(RefreshTokenState state) {
  switch (state) {
    case RefreshTokenState::kActive:
      return "active";
    case RefreshTokenState::kUsed:
      return "used";
    case RefreshTokenState::kRevoked:
      return "revoked";
  }
  return "revoked";
}

RefreshTokenState state_of(std::string_view text) {
  if (text == "active") return RefreshTokenState::kActive;
  return text == "used" ? RefreshTokenState::kUsed : RefreshTokenState::kRevoked;
}

OAuthClientRecord client_of(const SqlRow& row) {
  RowReader read(row);
  OAuthClientRecord record;
  record.id = read.text();
  record.name = read.text();
  record.secret_sha256 = read.text();
  record.enabled = read.flag();
  record.rotate_refresh_tokens = read.flag();
  record.created_at_s = read.number();
  return record;
}

Result<bool> insert_token(SqlConnection& connection, const RefreshTokenRecord& record) {
  return connection.insert(
      "INSERT INTO refresh_tokens (token_sha256, family, client_id, account_id, scope, state, created_at, "
      "expires_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {record.token_sha256, record.family, record.client_id, record.account_id, record.scope,
       std::string(to_text(record.state)), record.created_at_s, record.expires_at_s});
}

}  // namespace

Result<bool> SqlStore::insert_oauth_client(const OAuthClientRecord& record) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    Result<bool> done = connection.insert(
        "INSERT INTO oauth_clients (id, name, secret_sha256, enabled, rotate_refresh_tokens, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        {record.id, record.name, record.secret_sha256, static_cast<std::int64_t>(record.enabled),
         static_cast<std::int64_t>(record.rotate_refresh_tokens), record.created_at_s});
    for (std::size_t i = 0; done && *done && i < record.redirect_uris.size(); ++i) {
      done =
          connection.insert("INSERT INTO oauth_client_redirects (client_id, position, uri) VALUES (?, ?, ?)",
                            {record.id, static_cast<std::int64_t>(i), record.redirect_uris[i]});
    }
    return done;
  });
}

Result<std::vector<OAuthClientRecord>> SqlStore::select_clients(std::string_view where,
                                                                const SqlRow& parameters) {
  std::vector<OAuthClientRecord> records;
  const Status ok = driver_->run_transaction([&](SqlConnection& connection) -> Status {
    records.clear();
    const Result<std::vector<SqlRow>> rows = connection.query(
        "SELECT id, name, secret_sha256, enabled, rotate_refresh_tokens, created_at FROM oauth_clients" +
            std::string(where) + " ORDER BY created_at, id",
        parameters);
    if (!rows) return rows.error();
    for (const SqlRow& row : *rows) {
      OAuthClientRecord& record = records.emplace_back(client_of(row));
      const Result<std::vector<SqlRow>> uris = connection.query(
          "SELECT uri FROM oauth_client_redirects WHERE client_id = ? ORDER BY position", {record.id});
      if (!uris) return uris.error();
      for (const SqlRow& uri : *uris) record.redirect_uris.push_back(RowReader(uri).text());
    }
    return {};
  });
  if (!ok) return ok.error();
  return records;
}

Result<std::vector<OAuthClientRecord>> SqlStore::list_oauth_clients() { return select_clients("", {}); }

Result<std::optional<OAuthClientRecord>> SqlStore::find_oauth_client(std::string_view id) {
  Result<std::vector<OAuthClientRecord>> found = select_clients(" WHERE id = ?", {std::string(id)});
  if (!found) return found.error();
  if (found->empty()) return std::optional<OAuthClientRecord>();
  return std::optional<OAuthClientRecord>(std::move(found->front()));
}

Result<bool> SqlStore::set_oauth_client_enabled(std::string_view id, bool enabled) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> done =
        connection.execute("UPDATE oauth_clients SET enabled = ? WHERE id = ?",
                           {static_cast<std::int64_t>(enabled), std::string(id)});
    if (!done) return done.error();
    return *done > 0;
  });
}

Result<bool> SqlStore::erase_oauth_client(std::string_view id) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> tokens =
        connection.execute("DELETE FROM refresh_tokens WHERE client_id = ?", {std::string(id)});
    if (!tokens) return tokens.error();
    const Result<std::int64_t> gone =
        connection.execute("DELETE FROM oauth_clients WHERE id = ?", {std::string(id)});
    if (!gone) return gone.error();
    return *gone > 0;
  });
}

Result<bool> SqlStore::insert_refresh_token(const RefreshTokenRecord& record) {
  return transaction([&](SqlConnection& connection) { return insert_token(connection, record); });
}

Result<std::optional<RefreshTokenRecord>> SqlStore::find_refresh_token(std::string_view sha256) {
  const Result<std::vector<SqlRow>> rows = query(
      "SELECT token_sha256, family, client_id, account_id, scope, state, created_at, expires_at FROM "
      "refresh_tokens "
      "WHERE token_sha256 = ?",
      {std::string(sha256)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<RefreshTokenRecord>();
  RowReader read(rows->front());
  RefreshTokenRecord record;
  record.token_sha256 = read.text();
  record.family = read.text();
  record.client_id = read.text();
  record.account_id = read.text();
  record.scope = read.text();
  record.state = state_of(read.text());
  record.created_at_s = read.number();
  record.expires_at_s = read.number();
  return std::optional<RefreshTokenRecord>(std::move(record));
}

Result<bool> SqlStore::rotate_refresh_token(std::string_view sha256, const RefreshTokenRecord& next) {
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> used = connection.execute(
        "UPDATE refresh_tokens SET state = 'used' WHERE token_sha256 = ? AND state = 'active'",
        {std::string(sha256)});
    if (!used) return used.error();
    if (*used == 0) return false;
    return insert_token(connection, next);
  });
}

Result<std::int64_t> SqlStore::revoke_refresh_family(std::string_view family) {
  return execute("UPDATE refresh_tokens SET state = 'revoked' WHERE family = ? AND state <> 'revoked'",
                 {std::string(family)});
}

}  // namespace moongate
