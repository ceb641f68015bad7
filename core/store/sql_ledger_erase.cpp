// Old rows of the ledger go; what they add up to stays.
#include "store/sql_rows.h"
#include "store/sql_store.h"

namespace moongate {

Result<std::int64_t> SqlStore::erase_ledger(std::int64_t before_ms, int most) {
  std::int64_t erased = 0;
  const Status ok = driver_->run_transaction(
      [&](SqlConnection& connection) -> Status {
        // The first row that stays this time: with it a range of the table's own order is erased, whatever the database.
        const Result<std::vector<SqlRow>> next = connection.query(
            "SELECT ended_at_ms, request_id FROM usage_ledger WHERE ended_at_ms < ? "
            "ORDER BY ended_at_ms, request_id LIMIT 1 OFFSET ?",
            {before_ms, static_cast<std::int64_t>(most)});
        if (!next) return next.error();
        Result<std::int64_t> gone = std::int64_t{0};
        if (next->empty()) {
          gone = connection.execute("DELETE FROM usage_ledger WHERE ended_at_ms < ?", {before_ms});
        } else {
          RowReader read(next->front());
          const std::int64_t at_ms = read.number();
          const std::string id = read.text();
          gone = connection.execute(
              "DELETE FROM usage_ledger WHERE ended_at_ms <= ? AND (ended_at_ms < ? OR request_id < ?)", {at_ms, at_ms, id});
        }
        if (!gone) return gone.error();
        erased = *gone;
        return {};
      },
      SqlIsolation::kLatest);
  if (!ok) return ok.error();
  return erased;
}

}  // namespace moongate
