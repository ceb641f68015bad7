// Virtual service accounts: one row each, and a row for everything that they are limited to.
#include "store/sql_store.h"

namespace moongate {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, email, name, project, key_id, public_key, certificate, external_secret_sha256, enabled, "
    "metadata_default, created_at FROM virtual_accounts";

VirtualAccountRecord account_of(const SqlRow& row) {
  RowReader read(row);
  VirtualAccountRecord record;
  record.id = read.text();
  record.email = read.text();
  record.name = read.text();
  record.project = read.text();
  record.key_id = read.text();
  record.public_key_pem = read.text();
  record.certificate_pem = read.text();
  record.external_secret_sha256 = read.text();
  record.enabled = read.flag();
  record.metadata_default = read.flag();
  record.created_at_s = read.number();
  return record;
}

Result<bool> insert_grants(SqlConnection& connection, const std::string& account, const std::string& kind,
                           const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    Result<bool> done = connection.insert(
        "INSERT INTO virtual_account_grants (account_id, kind, position, name) VALUES (?, ?, ?, ?)",
        {account, kind, static_cast<std::int64_t>(i), names[i]});
    if (!done || !*done) return done;
  }
  return true;
}

Status clear_metadata_default(SqlConnection& connection) {
  const Result<std::int64_t> done =
      connection.execute("UPDATE virtual_accounts SET metadata_default = 0 WHERE metadata_default = 1", {});
  if (!done) return done.error();
  return {};
}

}  // namespace

Result<bool> SqlStore::insert_virtual_account(const VirtualAccountRecord& record) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    if (record.metadata_default) {
      if (Status done = clear_metadata_default(connection); !done) return done.error();
    }
    Result<bool> done = connection.insert(
        "INSERT INTO virtual_accounts (id, email, name, project, key_id, public_key, certificate, "
        "external_secret_sha256, enabled, metadata_default, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
        "?, ?)",
        {record.id, record.email, record.name, record.project, record.key_id, record.public_key_pem,
         record.certificate_pem, record.external_secret_sha256, static_cast<std::int64_t>(record.enabled),
         static_cast<std::int64_t>(record.metadata_default), record.created_at_s});
    if (done && *done) done = insert_grants(connection, record.id, "provider", record.providers);
    if (done && *done) done = insert_grants(connection, record.id, "model", record.models);
    return done;
  });
}

Result<std::vector<VirtualAccountRecord>> SqlStore::select_accounts(std::string_view where,
                                                                    const SqlRow& parameters) {
  std::vector<VirtualAccountRecord> records;
  // Both queries in one transaction: an account must not appear without its limits.
  const Status ok = driver_->run_transaction([&](SqlConnection& connection) -> Status {
    records.clear();
    const Result<std::vector<SqlRow>> rows =
        connection.query(std::string(kColumns) + std::string(where) + " ORDER BY created_at, id", parameters);
    if (!rows) return rows.error();
    for (const SqlRow& row : *rows) {
      VirtualAccountRecord& record = records.emplace_back(account_of(row));
      const Result<std::vector<SqlRow>> grants = connection.query(
          "SELECT kind, name FROM virtual_account_grants WHERE account_id = ? ORDER BY kind, position",
          {record.id});
      if (!grants) return grants.error();
      for (const SqlRow& grant : *grants) {
        RowReader read(grant);
        auto& list = read.text() == "provider" ? record.providers : record.models;
        list.push_back(read.text());
      }
      const Result<std::vector<SqlRow>> keys = connection.query(
          "SELECT key_id, public_key, certificate, until_s FROM virtual_account_old_keys WHERE account_id = ? "
          "ORDER BY until_s, key_id",
          {record.id});
      if (!keys) return keys.error();
      for (const SqlRow& key : *keys) {
        RowReader read(key);
        VirtualAccountKey& old = record.old_keys.emplace_back();
        old.key_id = read.text();
        old.public_key_pem = read.text();
        old.certificate_pem = read.text();
        old.until_s = read.number();
      }
    }
    return {};
  });
  if (!ok) return ok.error();
  return records;
}

Result<std::vector<VirtualAccountRecord>> SqlStore::list_virtual_accounts() {
  return select_accounts("", {});
}

Result<std::optional<VirtualAccountRecord>> SqlStore::find_virtual_account(std::string_view id) {
  Result<std::vector<VirtualAccountRecord>> found = select_accounts(" WHERE id = ?", {std::string(id)});
  if (!found) return found.error();
  if (found->empty()) return std::optional<VirtualAccountRecord>();
  return std::optional<VirtualAccountRecord>(std::move(found->front()));
}

Result<bool> SqlStore::set_virtual_account_enabled(std::string_view id, bool enabled) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> done =
        connection.execute("UPDATE virtual_accounts SET enabled = ? WHERE id = ?",
                           {static_cast<std::int64_t>(enabled), std::string(id)});
    if (!done) return done.error();
    return *done > 0;
  });
}

Result<bool> SqlStore::set_virtual_account_metadata_default(std::string_view id, bool marked) {
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    if (marked) {
      if (Status done = clear_metadata_default(connection); !done) return done.error();
    }
    const Result<std::int64_t> done =
        connection.execute("UPDATE virtual_accounts SET metadata_default = ? WHERE id = ?",
                           {static_cast<std::int64_t>(marked), std::string(id)});
    if (!done) return done.error();
    return *done > 0;
  });
}

Result<bool> SqlStore::set_virtual_account_external_secret(std::string_view id, std::string_view sha256) {
  const Result<std::int64_t> done =
      execute("UPDATE virtual_accounts SET external_secret_sha256 = ? WHERE id = ?",
              {std::string(sha256), std::string(id)});
  if (!done) return done.error();
  return *done > 0;
}

Result<bool> SqlStore::rotate_virtual_account_key(std::string_view id, const VirtualAccountKey& fresh,
                                                  std::int64_t until_s) {
  const std::string account(id);
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> old =
        until_s > 0 ? connection.execute(
                          "INSERT INTO virtual_account_old_keys (key_id, account_id, public_key, certificate, until_s) "
                          "SELECT key_id, id, public_key, certificate, ? FROM virtual_accounts WHERE id = ?",
                          {until_s, account})
                    : connection.execute("DELETE FROM virtual_account_old_keys WHERE account_id = ?", {account});
    if (!old) return old.error();
    const Result<std::int64_t> done =
        connection.execute("UPDATE virtual_accounts SET key_id = ?, public_key = ?, certificate = ? WHERE id = ?",
                           {fresh.key_id, fresh.public_key_pem, fresh.certificate_pem, account});
    if (!done) return done.error();
    return *done > 0;
  });
}

Result<bool> SqlStore::erase_virtual_account(std::string_view id) {
  return directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> tokens =
        connection.execute("DELETE FROM refresh_tokens WHERE account_id = ?", {std::string(id)});
    if (!tokens) return tokens.error();
    const Result<std::int64_t> gone =
        connection.execute("DELETE FROM virtual_accounts WHERE id = ?", {std::string(id)});
    if (!gone) return gone.error();
    return *gone > 0;
  });
}

}  // namespace moongate
