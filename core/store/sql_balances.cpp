// Balances and their movements, double entry.
#include "store/sql_ledger_rows.h"
#include "store/sql_store.h"

namespace moongate {

Result<std::int64_t> SqlStore::balance(std::string_view user_id) {
  const Result<std::vector<SqlRow>> rows =
      query("SELECT balance_nano FROM balances WHERE user_id = ?", {std::string(user_id)});
  if (!rows) return rows.error();
  return rows->empty() ? 0 : RowReader(rows->front()).number();
}

Result<std::vector<LedgerStore::Balance>> SqlStore::list_balances() {
  const Result<std::vector<SqlRow>> rows =
      query("SELECT user_id, balance_nano, credited_nano, charged_nano FROM balances ORDER BY user_id", {});
  if (!rows) return rows.error();
  std::vector<Balance> balances;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    Balance& balance = balances.emplace_back();
    balance.user_id = read.text();
    balance.balance_nano = read.number();
    balance.credited_nano = read.number();
    balance.charged_nano = read.number();
  }
  return balances;
}

Result<bool> SqlStore::move_balance(const MovementRecord& record) {
  if (Status ok = check_movement(record); !ok) return ok.error();
  return transaction([&](SqlConnection& connection) -> Result<bool> {
    const Result<std::vector<SqlRow>> user =
        connection.query("SELECT 1 FROM users WHERE id = ?", {record.user_id});
    if (!user) return user.error();
    if (user->empty()) return Error(ErrorKind::kInvalid, "there is no user " + record.user_id);
    return post_movements(connection, {record});
  });
}

Result<std::vector<MovementRecord>> SqlStore::list_movements(std::string_view user_id, int limit) {
  const bool all = user_id.empty();
  SqlRow parameters;
  if (!all) parameters.emplace_back(std::string(user_id));
  parameters.emplace_back(static_cast<std::int64_t>(bounded_limit(limit)));
  const Result<std::vector<SqlRow>> rows = query(
      std::string("SELECT id, user_id, kind, amount_nano, created_at, actor, note FROM balance_movements") +
          (all ? "" : " WHERE user_id = ?") + " ORDER BY created_at DESC, id DESC LIMIT ?",
      parameters);
  if (!rows) return rows.error();
  std::vector<MovementRecord> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    MovementRecord& record = records.emplace_back();
    record.id = read.text();
    record.user_id = read.text();
    record.kind = read.text();
    record.amount_nano = read.number();
    record.created_at_s = read.number();
    record.actor = read.text();
    record.note = read.text();
  }
  return records;
}

Status SqlStore::check_books() {
  struct Check {
    const char* sql;
    const char* before;
    const char* after;
  };
  // Each selects the first of what must not be there.
  static constexpr Check kChecks[] = {
      {"SELECT movement_id FROM balance_postings GROUP BY movement_id HAVING SUM(amount_nano) <> 0 "
       "ORDER BY movement_id LIMIT 1",
       "the postings of movement ", " do not sum to zero"},
      {"SELECT id FROM balance_movements m WHERE NOT EXISTS (SELECT 1 FROM balance_postings p WHERE "
       "p.movement_id = "
       "m.id AND p.amount_nano = m.amount_nano) ORDER BY id LIMIT 1",
       "movement ", " has no posting of its amount"},
      {"SELECT b.user_id FROM balances b WHERE b.balance_nano <> b.credited_nano - b.charged_nano OR "
       "b.balance_nano <> "
       "(SELECT COALESCE(SUM(m.amount_nano), 0) FROM balance_movements m WHERE m.user_id = b.user_id) "
       "ORDER BY b.user_id LIMIT 1",
       "the balance of ", " is not the sum of its movements"},
      {"SELECT m.user_id FROM balance_movements m WHERE NOT EXISTS (SELECT 1 FROM balances b WHERE b.user_id "
       "= "
       "m.user_id) ORDER BY m.user_id LIMIT 1",
       "", " has movements and no balance"},
      {"SELECT p.account FROM (SELECT account, SUM(amount_nano) AS total FROM balance_postings WHERE account "
       "LIKE "
       "'user:%' GROUP BY account) p WHERE p.total <> COALESCE((SELECT b.balance_nano FROM balances b WHERE "
       "b.user_id = "
       "SUBSTR(p.account, 6)), 0) ORDER BY p.account LIMIT 1",
       "the balance of ", " is not the sum of its postings"}};
  return driver_->run_transaction([&](SqlConnection& connection) -> Status {
    for (const Check& check : kChecks) {
      const Result<std::vector<SqlRow>> rows = connection.query(check.sql, {});
      if (!rows) return rows.error();
      if (rows->empty()) continue;
      return Error(ErrorKind::kInternal, check.before + RowReader(rows->front()).text() + check.after);
    }
    return {};
  });
}

}  // namespace moongate
