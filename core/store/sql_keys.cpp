// API keys, and what a presented one leads to.
#include <algorithm>

#include "store/sql_store.h"

namespace moongate {
namespace {

constexpr std::string_view kKeys =
    "SELECT id, sha256, prefix, name, client_id, enabled, terms, created_at, expires_at, last_used_at FROM "
    "api_keys";

// The client's columns and its user's. Where there is no user, every column of it is put in the place of
// NULL.
constexpr std::string_view kClientAndUser =
    "c.id, c.name, COALESCE(c.user_id, ''), c.enabled, c.terms, c.created_at, COALESCE(u.id, ''), "
    "COALESCE(u.name, ''), COALESCE(u.email, ''), COALESCE(u.role, 'user'), COALESCE(u.password_hash, ''), "
    "COALESCE(u.enabled, 1), COALESCE(u.terms, ''), COALESCE(u.created_at, 0)";

ApiKeyRecord key_of(RowReader& read) {
  ApiKeyRecord record;
  record.id = read.text();
  record.sha256 = read.text();
  record.prefix = read.text();
  record.name = read.text();
  record.client_id = read.text();
  record.enabled = read.flag();
  record.terms = read.text();
  record.created_at_s = read.number();
  record.expires_at_s = read.number();
  record.last_used_at_s = read.number();
  return record;
}

void read_client_and_user(RowReader& read, KeyHolder& holder) {
  ClientRecord& client = holder.client;
  client.id = read.text();
  client.name = read.text();
  client.user_id = read.text();
  client.enabled = read.flag();
  client.terms = read.text();
  client.created_at_s = read.number();
  UserRecord& user = holder.user;
  user.id = read.text();
  user.name = read.text();
  user.email = read.text();
  user.role = read.text();
  user.password_hash = read.text();
  user.enabled = read.flag();
  user.terms = read.text();
  user.created_at_s = read.number();
}

Status check_client(SqlConnection& connection, const std::string& client_id) {
  const Result<std::vector<SqlRow>> rows =
      connection.query("SELECT 1 FROM clients WHERE id = ?", {client_id});
  if (!rows) return rows.error();
  if (rows->empty()) return Error(ErrorKind::kInvalid, "there is no client " + client_id);
  return {};
}

}  // namespace

Result<bool> SqlStore::insert_key(const ApiKeyRecord& record) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    if (Status known = check_client(connection, record.client_id); !known) return known.error();
    return connection.insert(
        "INSERT INTO api_keys (id, sha256, prefix, name, client_id, enabled, terms, created_at, expires_at, "
        "last_used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {record.id, record.sha256, record.prefix, record.name, record.client_id,
         static_cast<std::int64_t>(record.enabled), record.terms, record.created_at_s, record.expires_at_s,
         record.last_used_at_s});
  });
}

Result<std::vector<ApiKeyRecord>> SqlStore::list_keys(std::string_view client_id) {
  const bool all = client_id.empty();
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kKeys) + (all ? "" : " WHERE client_id = ?") + " ORDER BY created_at, id",
            all ? SqlRow() : SqlRow{std::string(client_id)});
  if (!rows) return rows.error();
  std::vector<ApiKeyRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    records.push_back(key_of(read));
  }
  return records;
}

Result<std::optional<ApiKeyRecord>> SqlStore::find_key(std::string_view id) {
  const Result<std::vector<SqlRow>> rows = query(std::string(kKeys) + " WHERE id = ?", {std::string(id)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ApiKeyRecord>();
  RowReader read(rows->front());
  return std::optional<ApiKeyRecord>(key_of(read));
}

Result<std::optional<KeyHolder>> SqlStore::find_holder(std::string_view sha256) {
  static const std::string sql =
      "SELECT k.id, k.sha256, k.prefix, k.name, k.client_id, k.enabled, k.terms, k.created_at, k.expires_at, "
      "k.last_used_at, " +
      std::string(kClientAndUser) +
      " FROM api_keys k JOIN clients c ON c.id = k.client_id LEFT JOIN users u ON u.id = c.user_id WHERE "
      "k.sha256 = ?";
  const Result<std::vector<SqlRow>> rows = query(sql, {std::string(sha256)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<KeyHolder>();
  RowReader read(rows->front());
  KeyHolder holder;
  holder.key = key_of(read);
  read_client_and_user(read, holder);
  return std::optional<KeyHolder>(std::move(holder));
}

Result<std::optional<KeyHolder>> SqlStore::find_holder_by_client(std::string_view client_name) {
  static const std::string sql = "SELECT " + std::string(kClientAndUser) +
                                 " FROM clients c LEFT JOIN users u ON u.id = c.user_id WHERE c.name = ?";
  const Result<std::vector<SqlRow>> rows = query(sql, {std::string(client_name)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<KeyHolder>();
  RowReader read(rows->front());
  KeyHolder holder;
  read_client_and_user(read, holder);
  return std::optional<KeyHolder>(std::move(holder));
}

Result<bool> SqlStore::update_key(const ApiKeyRecord& record) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::vector<SqlRow>> known =
        connection.query("SELECT 1 FROM api_keys WHERE id = ?", {record.id});
    if (!known) return known.error();
    if (known->empty()) return false;
    if (Status client = check_client(connection, record.client_id); !client) return client.error();
    return matched_any(connection.execute(
        "UPDATE api_keys SET name = ?, client_id = ?, enabled = ?, terms = ?, expires_at = ? WHERE id = ?",
        {record.name, record.client_id, static_cast<std::int64_t>(record.enabled), record.terms,
         record.expires_at_s, record.id}));
  });
}

Result<bool> SqlStore::replace_key_secret(std::string_view id, std::string_view sha256,
                                          std::string_view prefix) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::vector<SqlRow>> taken = connection.query(
        "SELECT 1 FROM api_keys WHERE sha256 = ? AND id <> ?", {std::string(sha256), std::string(id)});
    if (!taken) return taken.error();
    if (!taken->empty()) return Error(ErrorKind::kInvalid, "another key has this secret");
    return matched_any(connection.execute("UPDATE api_keys SET sha256 = ?, prefix = ? WHERE id = ?",
                                          {std::string(sha256), std::string(prefix), std::string(id)}));
  });
}

Result<bool> SqlStore::erase_key(std::string_view id) {
  return directory_change([&](SqlConnection& connection) {
    return matched_any(connection.execute("DELETE FROM api_keys WHERE id = ?", {std::string(id)}));
  });
}

Status SqlStore::touch_keys(const std::vector<std::pair<std::string, std::int64_t>>& id_and_last_used_s) {
  // In the order of their ids: another gateway that touches the same keys locks them in the same order.
  std::vector<std::pair<std::string, std::int64_t>> sorted = id_and_last_used_s;
  std::sort(sorted.begin(), sorted.end());
  return driver_->run_transaction(
      [&](SqlConnection& connection) -> Status {
        for (const auto& [id, last_used_s] : sorted) {
          const Result<std::int64_t> done =
              connection.execute("UPDATE api_keys SET last_used_at = ? WHERE id = ? AND last_used_at < ?",
                                 {last_used_s, id, last_used_s});
          if (!done) return done.error();
        }
        return {};
      },
      SqlIsolation::kLatest);
}

}  // namespace moongate
