#include "store/migrations.h"

#include <algorithm>

#include "crypto/hash.h"

namespace moongate {
namespace {

constexpr std::string_view kCreateBookkeeping =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT "
    "NULL, "
    "digest VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL, applied_at BIGINT NOT NULL)";

std::string title(const Migration& migration) {
  return std::to_string(migration.version) + " (" + std::string(migration.name) + ")";
}

Status run_script(SqlConnection& connection, std::string_view script) {
  for (const std::string& statement : split_statements(script)) {
    if (Result<std::int64_t> done = connection.execute(statement, {}); !done) return done.error();
  }
  return {};
}

struct Applied {
  std::int64_t version;
  std::string name, digest, state;
};

Result<std::vector<Applied>> read_applied(SqlConnection& connection) {
  if (Result<std::int64_t> made = connection.execute(kCreateBookkeeping, {}); !made) return made.error();
  const Result<std::vector<SqlRow>> rows =
      connection.query("SELECT version, name, digest, state FROM schema_migrations ORDER BY version", {});
  if (!rows) return rows.error();
  std::vector<Applied> applied;
  for (const SqlRow& row : *rows) {
    applied.push_back({std::get<std::int64_t>(row[0]), std::get<std::string>(row[1]),
                       std::get<std::string>(row[2]), std::get<std::string>(row[3])});
  }
  return applied;
}

// What the database says it went through must be a beginning of what this binary knows.
Status check(const std::vector<Applied>& applied, const std::vector<Migration>& known) {
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const Applied& one = applied[i];
    const std::string which = std::to_string(one.version) + " (" + one.name + ")";
    if (i >= known.size()) {
      return Error(ErrorKind::kInternal,
                   "the database has schema version " + which + ", this moongate knows up to " +
                       std::to_string(known.size()) +
                       "; start the newer moongate that made it, or restore an older copy");
    }
    if (one.state != "done") {
      return Error(ErrorKind::kInternal,
                   "migration " + which + " was begun and not finished (it is marked \"" + one.state +
                       "\"); restore the copy from before it, or finish the script by hand and "
                       "set its state in schema_migrations to done");
    }
    if (one.version != known[i].version || one.digest != sha256_hex(known[i].up)) {
      return Error(ErrorKind::kInternal,
                   "migration " + which + " of the database is not the one this moongate has as " +
                       title(known[i]) + "; it was made by another version of the scripts");
    }
  }
  return {};
}

Status mark(SqlConnection& connection, const Migration& migration, std::string_view state,
            std::int64_t now_s) {
  const Result<std::int64_t> updated = connection.execute(
      "UPDATE schema_migrations SET state = ? WHERE version = ?", {std::string(state), migration.version});
  if (!updated) return updated.error();
  if (*updated > 0) return {};
  const Result<std::int64_t> inserted = connection.execute(
      "INSERT INTO schema_migrations (version, name, digest, state, applied_at) VALUES (?, ?, ?, ?, ?)",
      {migration.version, std::string(migration.name), sha256_hex(migration.up), std::string(state), now_s});
  if (!inserted) return inserted.error();
  return {};
}

Status unmark(SqlConnection& connection, const Migration& migration) {
  const Result<std::int64_t> gone =
      connection.execute("DELETE FROM schema_migrations WHERE version = ?", {migration.version});
  if (!gone) return gone.error();
  return {};
}

// One step up, or none when the database is up to date; `done` says which. Each step looks anew, within its
// own transaction, since another process may have gone the same way in the meantime.
Status step_up(SqlConnection& connection, const std::vector<Migration>& known, std::int64_t now_s,
               bool& done) {
  const Result<std::vector<Applied>> applied = read_applied(connection);
  if (!applied) return applied.error();
  if (Status ok = check(*applied, known); !ok) return ok;
  done = applied->size() == known.size();
  if (done) return {};
  const Migration& next = known[applied->size()];
  // Where the transaction cannot hold the script, this mark is what stays behind when we are stopped midway.
  Status ok = mark(connection, next, "begun", now_s);
  if (ok) ok = run_script(connection, next.up);
  if (ok) ok = mark(connection, next, "done", now_s);
  if (!ok) return ok.error().wrap("migration " + title(next) + " failed");
  return {};
}

Status step_down(SqlConnection& connection, const std::vector<Migration>& known, std::int64_t target,
                 bool& done) {
  const Result<std::vector<Applied>> applied = read_applied(connection);
  if (!applied) return applied.error();
  if (Status ok = check(*applied, known); !ok) return ok;
  done = applied->empty() || applied->back().version <= target;
  if (done) return {};
  const Migration& last = known[applied->size() - 1];
  Status ok = mark(connection, last, "being removed", 0);
  if (ok) ok = run_script(connection, last.down);
  if (ok) ok = unmark(connection, last);
  if (!ok) return ok.error().wrap("migration " + title(last) + " cannot be taken back");
  return {};
}

}  // namespace

Status migrate_up(SqlDriver& driver, const std::vector<Migration>& migrations, std::int64_t now_s) {
  for (bool done = false; !done;) {
    const Status ok = driver.run_transaction(
        [&](SqlConnection& connection) { return step_up(connection, migrations, now_s, done); });
    if (!ok) return ok;
  }
  return {};
}

Status migrate_down(SqlDriver& driver, const std::vector<Migration>& migrations, std::int64_t version) {
  for (bool done = false; !done;) {
    const Status ok = driver.run_transaction(
        [&](SqlConnection& connection) { return step_down(connection, migrations, version, done); });
    if (!ok) return ok;
  }
  return {};
}

Result<std::int64_t> schema_version(SqlDriver& driver) {
  std::int64_t version = 0;
  const Status ok = driver.run([&](SqlConnection& connection) -> Status {
    const Result<std::vector<Applied>> applied = read_applied(connection);
    if (!applied) return applied.error();
    if (!applied->empty()) version = applied->back().version;
    return {};
  });
  if (!ok) return ok.error();
  return version;
}

std::vector<std::string> split_statements(std::string_view script) {
  std::vector<std::string> statements;
  std::string current;
  while (!script.empty()) {
    const std::size_t end = std::min(script.find('\n'), script.size());
    std::string_view line = script.substr(0, end);
    script.remove_prefix(std::min(end + 1, script.size()));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with("--")) continue;
    if (!current.empty()) current += '\n';
    current += line;
    if (line.back() != ';') continue;
    current.pop_back();
    statements.push_back(std::move(current));
    current.clear();
  }
  if (!current.empty()) statements.push_back(std::move(current));
  return statements;
}

}  // namespace moongate
