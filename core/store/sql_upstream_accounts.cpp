// Upstream accounts that were put in by the console or the command line.
#include "store/sql_store.h"

namespace moongate {
namespace {

constexpr std::string_view kAccounts =
    "SELECT name, sealed_credential, hint, models, weight, enabled, disabled_reason, created_at FROM "
    "upstream_accounts";

UpstreamAccountRecord account_of(const SqlRow& row) {
  RowReader read(row);
  UpstreamAccountRecord record;
  record.name = read.text();
  record.sealed_credential = read.text();
  record.hint = read.text();
  record.models = read.text();
  record.weight = read.small();
  record.enabled = read.flag();
  record.disabled_reason = read.text();
  record.created_at_s = read.number();
  return record;
}

}  // namespace

Result<bool> SqlStore::insert_upstream_account(const UpstreamAccountRecord& record) {
  return directory_change([&](SqlConnection& connection) {
    return connection.insert(
        "INSERT INTO upstream_accounts (name, sealed_credential, hint, models, weight, enabled, "
        "disabled_reason, "
        "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {record.name, record.sealed_credential, record.hint, record.models,
         static_cast<std::int64_t>(record.weight), static_cast<std::int64_t>(record.enabled),
         record.disabled_reason, record.created_at_s});
  });
}

Result<std::vector<UpstreamAccountRecord>> SqlStore::list_upstream_accounts() {
  const Result<std::vector<SqlRow>> rows = query(std::string(kAccounts) + " ORDER BY name", {});
  if (!rows) return rows.error();
  std::vector<UpstreamAccountRecord> records;
  for (const SqlRow& row : *rows) records.push_back(account_of(row));
  return records;
}

Result<std::optional<UpstreamAccountRecord>> SqlStore::find_upstream_account(std::string_view name) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kAccounts) + " WHERE name = ?", {std::string(name)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<UpstreamAccountRecord>();
  return std::optional<UpstreamAccountRecord>(account_of(rows->front()));
}

Result<bool> SqlStore::update_upstream_account(const UpstreamAccountRecord& record) {
  return directory_change([&](SqlConnection& connection) {
    return matched_any(connection.execute(
        "UPDATE upstream_accounts SET sealed_credential = ?, hint = ?, models = ?, weight = ?, enabled = ?, "
        "disabled_reason = ? WHERE name = ?",
        {record.sealed_credential, record.hint, record.models, static_cast<std::int64_t>(record.weight),
         static_cast<std::int64_t>(record.enabled), record.disabled_reason, record.name}));
  });
}

Result<bool> SqlStore::erase_upstream_account(std::string_view name) {
  return directory_change([&](SqlConnection& connection) {
    return matched_any(
        connection.execute("DELETE FROM upstream_accounts WHERE name = ?", {std::string(name)}));
  });
}

}  // namespace moongate
