#include "store/migrations.h"

#include <algorithm>
#include <functional>

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

// What the operator is left with when a script stops midway is said with the failure.
Status run_script(SqlConnection& connection, std::string_view script) {
  const std::vector<std::string> statements = split_statements(script);
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const Result<std::int64_t> done = connection.execute(connection.definition(statements[i]), {});
    if (done) continue;
    if (connection.transactional_schema()) return done.error();
    return done.error().wrap(
        "statement " + std::to_string(i + 1) + " of " + std::to_string(statements.size()) +
        " was refused, and those before it stay done: this database cannot take them back");
  }
  return {};
}

struct Applied {
  std::int64_t version;
  std::string name, digest, state;
  std::int64_t applied_at_s;
};

// `make`: also the table, where it is missing.
Result<std::vector<Applied>> read_applied(SqlConnection& connection, bool make) {
  constexpr std::string_view kSelect =
      "SELECT version, name, digest, state, applied_at FROM schema_migrations ORDER BY version";
  const std::string create = connection.definition(std::string(kCreateBookkeeping));
  // A user who may not make tables can still work on a schema that is up to date: MySQL asks for the right
  // first and looks for the table then.
  Result<std::vector<SqlRow>> rows = Error(ErrorKind::kNotFound, "");
  if (!connection.transactional_schema()) rows = connection.query(kSelect, {});
  if (!rows && rows.error().kind == ErrorKind::kNotFound) {
    if (!make && !connection.transactional_schema()) return std::vector<Applied>();
    if (Result<std::int64_t> made = connection.execute(create, {}); !made) return made.error();
    rows = connection.query(kSelect, {});
  }
  if (!rows) return rows.error();
  std::vector<Applied> applied;
  for (const SqlRow& row : *rows) {
    applied.push_back({std::get<std::int64_t>(row[0]), std::get<std::string>(row[1]),
                       std::get<std::string>(row[2]), std::get<std::string>(row[3]),
                       std::get<std::int64_t>(row[4])});
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
Status step_up(SqlConnection& connection, const std::vector<Migration>& known, std::int64_t now_s, bool& done,
               MigrationReport& report) {
  const Result<std::vector<Applied>> applied = read_applied(connection, true);
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
  report.applied.push_back(title(next));
  return {};
}

Status step_down(SqlConnection& connection, const std::vector<Migration>& known, std::int64_t target,
                 bool& done, MigrationReport& report) {
  const Result<std::vector<Applied>> applied = read_applied(connection, true);
  if (!applied) return applied.error();
  if (Status ok = check(*applied, known); !ok) return ok;
  done = applied->empty() || applied->back().version <= target;
  if (done) return {};
  const Migration& last = known[applied->size() - 1];
  Status ok = mark(connection, last, "being removed", 0);
  if (ok) ok = run_script(connection, last.down);
  if (ok) ok = unmark(connection, last);
  if (!ok) return ok.error().wrap("migration " + title(last) + " cannot be taken back");
  report.taken_back.push_back(title(last));
  return {};
}

using Step = std::function<Status(SqlConnection&, bool& done)>;

// Steps until there is none left, alone among all processes.
Status run_steps(SqlDriver& driver, const Step& step) {
  return driver.run([&](SqlConnection& connection) -> Status {
    if (Status locked = connection.lock_schema(); !locked) return locked;
    Status ok;
    for (bool done = false; ok && !done;) {
      const auto once = [&](SqlConnection& lent) { return step(lent, done); };
      ok = connection.transactional_schema() ? in_transaction(connection, SqlIsolation::kSnapshot, once)
                                             : once(connection);
    }
    connection.unlock_schema();
    return ok;
  });
}

}  // namespace

Result<MigrationReport> migrate_up(SqlDriver& driver, const std::vector<Migration>& migrations,
                                   std::int64_t now_s) {
  MigrationReport report;
  const Status ok = run_steps(driver, [&](SqlConnection& connection, bool& done) {
    return step_up(connection, migrations, now_s, done, report);
  });
  if (!ok) return ok.error();
  report.version = static_cast<std::int64_t>(migrations.size());
  return report;
}

Result<MigrationReport> migrate_down(SqlDriver& driver, const std::vector<Migration>& migrations,
                                     std::int64_t version) {
  MigrationReport report;
  const Status ok = run_steps(driver, [&](SqlConnection& connection, bool& done) {
    return step_down(connection, migrations, version, done, report);
  });
  if (!ok) return ok.error();
  const Result<std::int64_t> left = schema_version(driver);
  if (!left) return left.error();
  report.version = *left;
  return report;
}

Result<MigrationStatus> migration_status(SqlDriver& driver, const std::vector<Migration>& migrations) {
  MigrationStatus status;
  const Status ok = driver.run([&](SqlConnection& connection) -> Status {
    status = {};
    const Result<std::vector<Applied>> applied = read_applied(connection, false);
    if (!applied) return applied.error();
    for (const Applied& one : *applied)
      status.steps.push_back({one.version, one.name, one.state, one.applied_at_s});
    for (std::size_t i = applied->size(); i < migrations.size(); ++i) {
      status.steps.push_back({migrations[i].version, std::string(migrations[i].name), "pending", 0});
    }
    status.pending = migrations.size() > applied->size() ? migrations.size() - applied->size() : 0;
    if (const Status sound = check(*applied, migrations); !sound) status.trouble = sound.error().message;
    return {};
  });
  if (!ok) return ok.error();
  return status;
}

Result<std::int64_t> schema_version(SqlDriver& driver) {
  std::int64_t version = 0;
  const Status ok = driver.run([&](SqlConnection& connection) -> Status {
    const Result<std::vector<Applied>> applied = read_applied(connection, false);
    if (!applied) return applied.error();
    version = applied->empty() ? 0 : applied->back().version;
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
