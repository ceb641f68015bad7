// What the console keeps beside the money: prices, notifications, the audit log.
#include <algorithm>

#include "store/ledger_rules.h"
#include "store/sql_store.h"
#include "store/sql_text.h"

namespace moongate {

Result<std::vector<PriceRecord>> SqlStore::list_prices() {
  const Result<std::vector<SqlRow>> rows = query(
      "SELECT id, provider, model, effective_from, effective_until, content FROM prices ORDER BY id", {});
  if (!rows) return rows.error();
  std::vector<PriceRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    PriceRecord& record = records.emplace_back();
    record.id = read.text();
    record.provider = read.text();
    record.model = read.text();
    record.effective_from_s = read.number();
    record.effective_until_s = read.number();
    record.row = read.text();
  }
  return records;
}

Status SqlStore::replace_prices(const std::vector<PriceRecord>& records) {
  static const SqlTable kPrices{
      "prices", {"id", "provider", "model", "effective_from", "effective_until", "content"}, 1};
  std::vector<SqlRow> rows;
  for (const PriceRecord& r : records) {
    rows.push_back({r.id, r.provider, r.model, r.effective_from_s, r.effective_until_s, r.row});
  }
  const Result<bool> replaced = directory_change([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::int64_t> gone = connection.execute("DELETE FROM prices", {});
    if (!gone) return gone.error();
    return insert_rows(connection, kPrices, rows);
  });
  if (!replaced) return replaced.error();
  if (!*replaced) return Error(ErrorKind::kInvalid, "two price rows have the same id");
  return {};
}

Result<bool> SqlStore::insert_notification(const NotificationRecord& record) {
  return insert(
      "INSERT INTO notifications (id, user_id, kind, content, created_at, read_at) VALUES (?, ?, ?, ?, ?, ?)",
      {record.id, record.user_id, record.kind, record.text, record.created_at_s, record.read_at_s});
}

Result<std::vector<NotificationRecord>> SqlStore::list_notifications(int limit) {
  const Result<std::vector<SqlRow>> rows = query(
      "SELECT id, user_id, kind, content, created_at, read_at FROM notifications "
      "ORDER BY created_at DESC, id DESC LIMIT ?",
      {static_cast<std::int64_t>(bounded_limit(limit))});
  if (!rows) return rows.error();
  std::vector<NotificationRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    NotificationRecord& record = records.emplace_back();
    record.id = read.text();
    record.user_id = read.text();
    record.kind = read.text();
    record.text = read.text();
    record.created_at_s = read.number();
    record.read_at_s = read.number();
  }
  return records;
}

Result<bool> SqlStore::mark_notification_read(std::string_view id, std::int64_t at_s) {
  return matched_any(execute("UPDATE notifications SET read_at = ? WHERE id = ?", {at_s, std::string(id)}));
}

Status SqlStore::append_audit(const AuditRecord& record) {
  // The position comes from a counter, whose row also keeps two writers apart.
  return driver_->run_transaction([&](SqlConnection& connection) -> Status {
    const Result<std::int64_t> raised =
        connection.execute("UPDATE counters SET amount = amount + 1 WHERE name = 'audit_position'", {});
    if (!raised) return raised.error();
    const Result<std::int64_t> written = connection.execute(
        "INSERT INTO audit_log (position, at_ms, actor, action, subject, detail, address) "
        "SELECT amount, ?, ?, ?, ?, ?, ? FROM counters WHERE name = 'audit_position'",
        {record.at_ms, record.actor, record.action, record.subject, record.detail, record.address});
    if (!written) return written.error();
    return {};
  });
}

Result<std::vector<AuditRecord>> SqlStore::list_audit(int limit) {
  const Result<std::vector<SqlRow>> rows = query(
      "SELECT at_ms, actor, action, subject, detail, address FROM audit_log ORDER BY position DESC LIMIT ?",
      {static_cast<std::int64_t>(bounded_limit(limit))});
  if (!rows) return rows.error();
  std::vector<AuditRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    AuditRecord& record = records.emplace_back();
    record.at_ms = read.number();
    record.actor = read.text();
    record.action = read.text();
    record.subject = read.text();
    record.detail = read.text();
    record.address = read.text();
  }
  return records;
}

}  // namespace moongate
