// Versions of the configuration.
#include "store/sql_store.h"

namespace moongate {
namespace {

ConfigVersion version_of(RowReader& read) {
  ConfigVersion record;
  record.id = read.number();
  record.kind = read.text();
  record.digest = read.text();
  record.at_s = read.number();
  record.actor = read.text();
  record.note = read.text();
  record.bytes = read.number();
  return record;
}

constexpr std::string_view kColumns = "SELECT id, kind, digest, at_s, actor, note, bytes";

// Which ids of the kind are too old to be kept: those up to the answer. 0: none.
Result<std::int64_t> oldest_to_go(SqlConnection& connection, const std::string& kind, int keep, std::int64_t max_bytes) {
  const Result<std::vector<SqlRow>> rows =
      connection.query("SELECT id, bytes FROM config_versions WHERE kind = ? ORDER BY id DESC", {kind});
  if (!rows) return rows.error();
  std::int64_t bytes = 0;
  int kept = 0;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    const std::int64_t id = read.number();
    bytes += read.number();
    if (kept > 0 && (kept >= keep || bytes > max_bytes)) return id;
    ++kept;
  }
  return 0;
}

}  // namespace

Result<std::int64_t> SqlStore::append_version(const ConfigVersion& record, int keep, std::int64_t max_bytes) {
  std::int64_t id = 0;
  const Status done = driver_->run_transaction([&](SqlConnection& connection) -> Status {
    // The counter's row also keeps two writers apart.
    const Result<std::int64_t> raised =
        connection.execute("UPDATE counters SET amount = amount + 1 WHERE name = 'config_version'", {});
    if (!raised) return raised.error();
    const Result<std::vector<SqlRow>> counter =
        connection.query("SELECT amount FROM counters WHERE name = 'config_version'", {});
    if (!counter) return counter.error();
    if (counter->empty()) return Error(ErrorKind::kInternal, "the counter of versions is not there");
    id = RowReader(counter->front()).number();
    const Result<std::int64_t> written = connection.execute(
        "INSERT INTO config_versions (id, kind, digest, at_s, actor, note, bytes, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {id, record.kind, record.digest, record.at_s, record.actor, record.note, record.bytes, record.sealed});
    if (!written) return written.error();
    const Result<std::int64_t> last = oldest_to_go(connection, record.kind, keep, max_bytes);
    if (!last) return last.error();
    if (*last == 0) return {};
    const Result<std::int64_t> gone =
        connection.execute("DELETE FROM config_versions WHERE kind = ? AND id <= ?", {record.kind, *last});
    if (!gone) return gone.error();
    return {};
  });
  if (!done) return done.error();
  return id;
}

Result<std::vector<ConfigVersion>> SqlStore::list_versions(std::string_view kind) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kColumns) + " FROM config_versions WHERE kind = ? ORDER BY id DESC", {std::string(kind)});
  if (!rows) return rows.error();
  std::vector<ConfigVersion> records;
  for (const SqlRow& row : *rows) {
    RowReader read(row);
    records.push_back(version_of(read));
  }
  return records;
}

Result<std::optional<ConfigVersion>> SqlStore::find_version(std::string_view kind, std::int64_t id) {
  const Result<std::vector<SqlRow>> rows =
      query(std::string(kColumns) + ", sealed FROM config_versions WHERE kind = ? AND id = ?", {std::string(kind), id});
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<ConfigVersion>();
  RowReader read(rows->front());
  std::optional<ConfigVersion> found = version_of(read);
  found->sealed = read.text();
  return found;
}

}  // namespace moongate
