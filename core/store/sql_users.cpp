// Users, and the clients that they pay for.
#include "store/sql_store.h"

namespace moongate {
namespace {

constexpr std::string_view kUsers =
    "SELECT id, name, COALESCE(email, ''), role, password_hash, enabled, terms, created_at FROM users";
constexpr std::string_view kClients =
    "SELECT id, name, COALESCE(user_id, ''), enabled, terms, created_at FROM clients";

UserRecord user_of(const SqlRow& row) {
  RowReader read(row);
  UserRecord record;
  record.id = read.text();
  record.name = read.text();
  record.email = read.text();
  record.role = read.text();
  record.password_hash = read.text();
  record.enabled = read.flag();
  record.terms = read.text();
  record.created_at_s = read.number();
  return record;
}

ClientRecord client_of(const SqlRow& row) {
  RowReader read(row);
  ClientRecord record;
  record.id = read.text();
  record.name = read.text();
  record.user_id = read.text();
  record.enabled = read.flag();
  record.terms = read.text();
  record.created_at_s = read.number();
  return record;
}

Result<bool> any(SqlConnection& connection, std::string_view sql, const SqlRow& parameters) {
  const Result<std::vector<SqlRow>> rows = connection.query(sql, parameters);
  if (!rows) return rows.error();
  return !rows->empty();
}

Status check_user(SqlConnection& connection, const std::string& user_id) {
  if (user_id.empty()) return {};
  const Result<bool> known = any(connection, "SELECT 1 FROM users WHERE id = ?", {user_id});
  if (!known) return known.error();
  if (!*known) return Error(ErrorKind::kInvalid, "there is no user " + user_id);
  return {};
}

}  // namespace

// --- users

Result<bool> SqlStore::insert_user(const UserRecord& record) {
  return directory_change([&](SqlConnection& connection) {
    return connection.insert(
        "INSERT INTO users (id, name, email, role, password_hash, enabled, terms, created_at) "
        "VALUES (?, ?, NULLIF(?, ''), ?, ?, ?, ?, ?)",
        {record.id, record.name, record.email, record.role, record.password_hash,
         static_cast<std::int64_t>(record.enabled), record.terms, record.created_at_s});
  });
}

Result<std::vector<UserRecord>> SqlStore::list_users() {
  const Result<std::vector<SqlRow>> rows = query(std::string(kUsers) + " ORDER BY name", {});
  if (!rows) return rows.error();
  std::vector<UserRecord> records;
  for (const SqlRow& row : *rows) records.push_back(user_of(row));
  return records;
}

Result<std::optional<UserRecord>> SqlStore::select_user(std::string_view where, std::string_view value) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kUsers) + std::string(where), {std::string(value)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<UserRecord>();
  return std::optional<UserRecord>(user_of(rows->front()));
}

Result<std::optional<UserRecord>> SqlStore::find_user(std::string_view id) {
  return select_user(" WHERE id = ?", id);
}

Result<std::optional<UserRecord>> SqlStore::find_user_by_name(std::string_view name) {
  return select_user(" WHERE name = ?", name);
}

Result<std::optional<UserRecord>> SqlStore::find_user_by_email(std::string_view email) {
  return select_user(" WHERE email = ?", email);  // none has an empty one: that is NULL, which equals nothing
}

Result<bool> SqlStore::update_user(const UserRecord& record) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<bool> taken =
        any(connection, "SELECT 1 FROM users WHERE id <> ? AND (name = ? OR email = NULLIF(?, ''))",
            {record.id, record.name, record.email});
    if (!taken) return taken;
    if (*taken) return Error(ErrorKind::kInvalid, "the name or the e-mail address belongs to another user");
    return matched_any(
        connection.execute("UPDATE users SET name = ?, email = NULLIF(?, ''), role = ?, password_hash = ?, "
                           "enabled = ?, terms = ? "
                           "WHERE id = ?",
                           {record.name, record.email, record.role, record.password_hash,
                            static_cast<std::int64_t>(record.enabled), record.terms, record.id}));
  });
}

// --- clients

Result<bool> SqlStore::insert_client(const ClientRecord& record) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    if (Status known = check_user(connection, record.user_id); !known) return known.error();
    return connection.insert(
        "INSERT INTO clients (id, name, user_id, enabled, terms, created_at) VALUES (?, ?, NULLIF(?, ''), ?, "
        "?, ?)",
        {record.id, record.name, record.user_id, static_cast<std::int64_t>(record.enabled), record.terms,
         record.created_at_s});
  });
}

Result<std::vector<ClientRecord>> SqlStore::list_clients() {
  const Result<std::vector<SqlRow>> rows = query(std::string(kClients) + " ORDER BY name", {});
  if (!rows) return rows.error();
  std::vector<ClientRecord> records;
  for (const SqlRow& row : *rows) records.push_back(client_of(row));
  return records;
}

Result<std::optional<ClientRecord>> SqlStore::select_client(std::string_view where, std::string_view value) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kClients) + std::string(where), {std::string(value)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ClientRecord>();
  return std::optional<ClientRecord>(client_of(rows->front()));
}

Result<std::optional<ClientRecord>> SqlStore::find_client(std::string_view id) {
  return select_client(" WHERE id = ?", id);
}

Result<std::optional<ClientRecord>> SqlStore::find_client_by_name(std::string_view name) {
  return select_client(" WHERE name = ?", name);
}

Result<bool> SqlStore::update_client(const ClientRecord& record) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<bool> known = any(connection, "SELECT 1 FROM clients WHERE id = ?", {record.id});
    if (!known || !*known) return known;
    if (Status user = check_user(connection, record.user_id); !user) return user.error();
    const Result<bool> taken =
        any(connection, "SELECT 1 FROM clients WHERE id <> ? AND name = ?", {record.id, record.name});
    if (!taken) return taken;
    if (*taken) return Error(ErrorKind::kInvalid, "the name belongs to another client");
    return matched_any(connection.execute(
        "UPDATE clients SET name = ?, user_id = NULLIF(?, ''), enabled = ?, terms = ? WHERE id = ?",
        {record.name, record.user_id, static_cast<std::int64_t>(record.enabled), record.terms, record.id}));
  });
}

Result<bool> SqlStore::erase_client(std::string_view id) {
  return directory_change([&](SqlConnection& connection) {
    return matched_any(connection.execute("DELETE FROM clients WHERE id = ?", {std::string(id)}));
  });
}

}  // namespace moongate
