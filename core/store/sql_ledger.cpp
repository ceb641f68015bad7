// The ledger: appended by the batch, listed by the page, priced anew.
#include <algorithm>
#include <set>

#include "store/sql_ledger_rows.h"
#include "store/sql_store.h"

namespace moongate {
namespace {

// The batch as it is kept: doubles dropped, in the order of the ids, so that two gateways with the same rows
// meet at the first of them and not crosswise.
std::vector<LedgerRecord> sorted_batch(const std::vector<LedgerRecord>& records) {
  std::vector<std::pair<std::string, const LedgerRecord*>> order;  // records are large: they stay where they are
  order.reserve(records.size());
  for (const LedgerRecord& record : records) order.emplace_back(ledger_id(record.request_id), &record);
  std::sort(order.begin(), order.end());  // of the same id the first that was given: its address is the lowest
  std::vector<LedgerRecord> rows;
  rows.reserve(records.size());
  for (const auto& [id, record] : order) {
    if (rows.empty() || rows.back().request_id != id) rows.push_back(fitted(*record));
  }
  return rows;
}

template <class Record, class Id>
Status drop_present(SqlConnection& connection, std::string_view table, std::string_view column,
                    std::vector<Record>& records, Id id) {
  if (records.empty()) return {};
  std::vector<std::string> ids;
  for (const Record& record : records) ids.push_back(id(record));
  const Result<std::vector<std::string>> present = present_in(connection, table, column, ids);
  if (!present) return present.error();
  const std::set<std::string> known(present->begin(), present->end());
  std::erase_if(records, [&](const Record& record) { return known.contains(id(record)); });
  return {};
}

Error met_another() {
  return Error(ErrorKind::kUnavailable, "another gateway wrote some of the same rows at the same time",
               ErrorSource::kInternal, Retry::kYes);
}

// Rows, sums and charges of `rows`. `look`: first leave out what is there already; without it that is found
// out by the insert's failing, which is the rare case.
Status write_batch(SqlConnection& connection, const std::vector<LedgerRecord>& batch, bool look, std::size_t& written) {
  std::vector<LedgerRecord> absent;
  if (look) {
    absent = batch;
    Status done = drop_present(connection, "usage_ledger", "request_id", absent,
                               [](const LedgerRecord& row) { return row.request_id; });
    if (!done) return done;
  }
  const std::vector<LedgerRecord>& rows = look ? absent : batch;
  written = rows.size();
  std::vector<SqlRow> values;
  values.reserve(rows.size());
  UsageSums hours, days;
  for (const LedgerRecord& row : rows) {
    values.push_back(ledger_row(row));
    add_usage(hours, UsageBucket::kHour, row, 1);
    add_usage(days, UsageBucket::kDay, row, 1);
  }
  const Result<bool> fresh = insert_rows(connection, ledger_table(), std::move(values));
  if (!fresh) return fresh.error();
  if (!*fresh) return met_another();
  Status done = add_sums(connection, UsageBucket::kHour, hours);
  if (done) done = add_sums(connection, UsageBucket::kDay, days);
  if (!done) return done;
  std::vector<MovementRecord> charges = charges_of(rows);
  if (look) {
    done = drop_present(connection, "balance_movements", "id", charges,
                        [](const MovementRecord& charge) { return charge.id; });
    if (!done) return done;
  }
  const Result<bool> posted = post_movements(connection, charges);
  if (!posted) return posted.error();
  return *posted ? Status() : Status(met_another());
}

}  // namespace

Result<LedgerStore::Appended> SqlStore::append_ledger(const std::vector<LedgerRecord>& records) {
  if (records.size() > kLedgerBatch) {
    return Error(ErrorKind::kInvalid, "a batch of the ledger has at most 5000 rows");
  }
  const std::vector<LedgerRecord> batch = sorted_batch(records);
  Appended appended;
  if (batch.empty()) return appended;
  int attempt = 0;
  const Status ok = driver_->run_transaction(
      [&](SqlConnection& connection) -> Status {
        std::size_t written = 0;
        Status done = write_batch(connection, batch, attempt++ > 0, written);
        appended = {written, records.size() - written};
        return done;
      },
      SqlIsolation::kLatest);
  if (!ok) return ok.error();
  return appended;
}

Result<std::vector<LedgerRecord>> SqlStore::list_ledger(const LedgerQuery& q) {
  std::string sql = select_ledger() + " WHERE ended_at_ms >= ?";
  SqlRow parameters = {q.from_ms};
  const auto narrow = [&](const char* condition, const SqlValue& value) {
    sql.append(" AND ").append(condition);
    parameters.push_back(value);
  };
  if (q.to_ms != 0) narrow("ended_at_ms < ?", q.to_ms);
  if (!q.user_id.empty()) narrow("user_id = ?", q.user_id);
  if (!q.client.empty()) narrow("client = ?", q.client);
  if (!q.key_id.empty()) narrow("key_id = ?", q.key_id);
  if (!q.model.empty()) narrow("model = ?", q.model);
  if (!q.account.empty()) narrow("account = ?", q.account);
  if (!q.outcome.empty()) narrow("outcome = ?", q.outcome);
  if (q.before_ms != 0 || !q.before_id.empty()) {
    // The first condition is what an index can use.
    narrow("ended_at_ms <= ?", q.before_ms);
    sql += " AND (ended_at_ms < ? OR request_id < ?)";
    parameters.insert(parameters.end(), {q.before_ms, q.before_id});
  }
  sql += " ORDER BY ended_at_ms DESC, request_id DESC LIMIT ?";
  parameters.emplace_back(static_cast<std::int64_t>(bounded_limit(q.limit)));
  const Result<std::vector<SqlRow>> rows = query(sql, parameters);
  if (!rows) return rows.error();
  std::vector<LedgerRecord> records;
  for (const SqlRow& row : *rows) records.push_back(ledger_record(row));
  return records;
}

Result<std::optional<LedgerRecord>> SqlStore::find_ledger(std::string_view request_id) {
  const Result<std::vector<SqlRow>> rows =
      query(select_ledger() + " WHERE request_id = ?", {ledger_id(request_id)});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<LedgerRecord>();
  return std::optional<LedgerRecord>(ledger_record(rows->front()));
}

Result<std::int64_t> SqlStore::reprice_ledger(std::int64_t from_ms, std::int64_t to_ms,
                                              const std::function<void(LedgerRecord&)>& price) {
  std::int64_t changed = 0;
  std::int64_t after_ms = from_ms;
  std::string after_id;
  for (bool done = false; !done;) {
    RepricedBatch batch;
    const Status ok = driver_->run_transaction(
        [&](SqlConnection& connection) {
          return reprice_batch(connection, after_ms, after_id, to_ms, price, batch);
        },
        SqlIsolation::kLatest);
    if (!ok) return ok.error();
    changed += batch.changed;
    after_ms = batch.last_ms;
    after_id = batch.last_id;
    done = batch.last_id.empty();
  }
  return changed;
}

Status SqlStore::reprice_batch(SqlConnection& connection, std::int64_t after_ms, const std::string& after_id,
                               std::int64_t to_ms, const std::function<void(LedgerRecord&)>& price,
                               RepricedBatch& batch) {
  batch = {};
  const char* lock = connection.dialect() == SqlDialect::kMysql ? " FOR UPDATE" : "";
  const Result<std::vector<SqlRow>> rows = connection.query(
      select_ledger() +
          " WHERE ended_at_ms >= ? AND ended_at_ms < ? AND (ended_at_ms > ? OR request_id > ?) "
          "ORDER BY ended_at_ms, request_id LIMIT 500" +
          lock,
      {after_ms, to_ms, after_ms, after_id});
  if (!rows) return rows.error();
  UsageSums hours, days;
  std::map<std::string, std::int64_t> changes;
  for (const SqlRow& row : *rows) {
    const LedgerRecord before = ledger_record(row);
    const LedgerRecord after = repriced(before, price);
    batch.last_ms = before.ended_at_ms;
    batch.last_id = before.request_id;
    if (after == before) continue;
    ++batch.changed;
    const Result<std::int64_t> updated = connection.execute(
        "UPDATE usage_ledger SET priced = ?, cost_nano = ?, billed_nano = ?, markup_ppm = ?, price_id = ? "
        "WHERE ended_at_ms = ? AND request_id = ?",
        {static_cast<std::int64_t>(after.priced), after.cost_nano, after.billed_nano, after.markup_ppm,
         after.price_id, after.ended_at_ms, after.request_id});
    if (!updated) return updated.error();
    for (const auto bucket : {UsageBucket::kHour, UsageBucket::kDay}) {
      UsageSums& sums = bucket == UsageBucket::kHour ? hours : days;
      add_usage(sums, bucket, before, -1);
      add_usage(sums, bucket, after, 1);
    }
    changes[before.user_id] += after.billed_nano - before.billed_nano;
  }
  Status done = add_sums(connection, UsageBucket::kHour, hours);
  if (done) done = add_sums(connection, UsageBucket::kDay, days);
  if (!done) return done;
  const Result<bool> posted = post_movements(connection, reprices_of(changes, batch.last_ms / 1000));
  if (!posted) return posted.error();
  return *posted ? Status() : Status(met_another());
}

}  // namespace moongate
