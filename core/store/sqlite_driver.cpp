#include "store/sqlite_driver.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>

#include "crypto/secret_file.h"

namespace moongate {
namespace {

constexpr int kBusyMs = 5000;

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using DatabasePtr = std::unique_ptr<sqlite3, CloseDatabase>;
using StatementPtr = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return ErrorKind::kUnavailable;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return ErrorKind::kForbidden;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return ErrorKind::kInvalid;
    default:
      return ErrorKind::kInternal;
  }
}

// Leaves a statement ready for its next use, whatever became of this one.
class Rewind {
 public:
  explicit Rewind(sqlite3_stmt* statement) : statement_(statement) {}
  Rewind(const Rewind&) = delete;
  Rewind& operator=(const Rewind&) = delete;
  ~Rewind() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

class SqliteConnection final : public SqlConnection {
 public:
  explicit SqliteConnection(DatabasePtr db) : db_(std::move(db)) {}

  Result<std::vector<SqlRow>> query(std::string_view sql, const SqlRow& parameters) override {
    const Result<sqlite3_stmt*> statement = bound(sql, parameters);
    if (!statement) return statement.error();
    const Rewind rewind(*statement);
    std::vector<SqlRow> rows;
    for (;;) {
      const int code = sqlite3_step(*statement);
      if (code == SQLITE_DONE) return rows;
      if (code != SQLITE_ROW) return failure(sql, code);
      rows.push_back(row_of(*statement));
    }
  }

  Result<std::int64_t> execute(std::string_view sql, const SqlRow& parameters) override {
    const Result<sqlite3_stmt*> statement = bound(sql, parameters);
    if (!statement) return statement.error();
    const Rewind rewind(*statement);
    const int code = sqlite3_step(*statement);
    if (code != SQLITE_DONE && code != SQLITE_ROW) return failure(sql, code);
    return static_cast<std::int64_t>(sqlite3_changes(db_.get()));
  }

  Status each(std::string_view sql, const std::function<Status(const SqlRow&)>& use) override {
    const Result<sqlite3_stmt*> statement = bound(sql, {});
    if (!statement) return statement.error();
    const Rewind rewind(*statement);
    for (;;) {
      const int code = sqlite3_step(*statement);
      if (code == SQLITE_DONE) return {};
      if (code != SQLITE_ROW) return failure(sql, code);
      if (Status used = use(row_of(*statement)); !used) return used;
    }
  }

  Result<bool> insert(std::string_view sql, const SqlRow& parameters) override {
    const Result<sqlite3_stmt*> statement = bound(sql, parameters);
    if (!statement) return statement.error();
    const Rewind rewind(*statement);
    const int code = sqlite3_step(*statement);
    if (code == SQLITE_DONE) return true;
    const int extended = sqlite3_extended_errcode(db_.get());
    if (extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_UNIQUE) return false;
    return failure(sql, code);
  }

  SqlDialect dialect() const override { return SqlDialect::kSqlite; }
  bool transactional_schema() const override { return true; }
  Status begin(SqlIsolation isolation) override {
    return run(isolation == SqlIsolation::kReading ? "BEGIN DEFERRED" : "BEGIN IMMEDIATE");
  }
  Status commit() override { return run("COMMIT"); }
  void rollback() override {
    if (sqlite3_get_autocommit(db_.get()) == 0) (void)run("ROLLBACK");
  }

  Result<std::vector<SqlColumn>> columns(std::string_view table) override {
    const auto rows = query("SELECT name, \"notnull\" = 0 FROM pragma_table_info(?)", {std::string(table)});
    if (!rows) return rows.error();
    std::vector<SqlColumn> columns;
    for (const SqlRow& row : *rows) {
      columns.push_back({std::get<std::string>(row[0]), std::get<std::int64_t>(row[1]) != 0});
    }
    return columns;
  }

  // Who has a database with a write-ahead log open holds a lock on it, which this change has to have alone.
  Result<bool> alone() override {
    const Result<std::vector<SqlRow>> changed = query("PRAGMA journal_mode = DELETE", {});
    const bool others = !changed && changed.error().kind == ErrorKind::kUnavailable;
    if (!changed && !others) return changed.error();
    const Result<std::vector<SqlRow>> back = query("PRAGMA journal_mode = WAL", {});
    if (!back) return back.error();
    return !others;
  }

  Status run(const char* sql) {
    if (Result<std::int64_t> done = execute(sql, {}); !done) return done.error();
    return {};
  }

 private:
  Error failure(std::string_view sql, int code) {
    return Error(kind_of(code),
                 "SQLite: " + std::string(sqlite3_errmsg(db_.get())) + ", in: " + std::string(sql));
  }

  Result<sqlite3_stmt*> prepared(std::string_view sql) {
    if (const auto known = statements_.find(sql); known != statements_.end()) return known->second.get();
    sqlite3_stmt* made = nullptr;
    const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (code != SQLITE_OK || made == nullptr) return failure(sql, code);
    return statements_.emplace(std::string(sql), StatementPtr(made)).first->second.get();
  }

  Result<sqlite3_stmt*> bound(std::string_view sql, const SqlRow& parameters) {
    const Result<sqlite3_stmt*> statement = prepared(sql);
    if (!statement) return statement;
    if (sqlite3_bind_parameter_count(*statement) != static_cast<int>(parameters.size())) {
      return Error(ErrorKind::kInternal, "wrong number of parameters for: " + std::string(sql));
    }
    // Texts are bound as they are: the caller's parameters outlive the statement's run, and its Rewind lets
    // go of them.
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      const auto* number = std::get_if<std::int64_t>(&parameters[i]);
      const auto* text = std::get_if<std::string>(&parameters[i]);
      const int code = number != nullptr ? sqlite3_bind_int64(*statement, at, *number)
                                         : sqlite3_bind_text64(*statement, at, text->data(), text->size(),
                                                               SQLITE_STATIC, SQLITE_UTF8);
      if (code != SQLITE_OK) return failure(sql, code);
    }
    return statement;
  }

  static SqlRow row_of(sqlite3_stmt* statement) {
    SqlRow row;
    const int columns = sqlite3_column_count(statement);
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i) {
      if (sqlite3_column_type(statement, i) == SQLITE_INTEGER) {
        row.emplace_back(static_cast<std::int64_t>(sqlite3_column_int64(statement, i)));
      } else {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
        row.emplace_back(text != nullptr ? std::string(text, size) : std::string());
      }
    }
    return row;
  }

  DatabasePtr db_;
  std::map<std::string, StatementPtr, std::less<>> statements_;  // finalized before db_ closes
};

// One connection: the control plane's few writes would wait for each other in SQLite anyway.
class SqliteDriver final : public SqlDriver {
 public:
  explicit SqliteDriver(std::unique_ptr<SqliteConnection> connection) : connection_(std::move(connection)) {}

  Status run(const std::function<Status(SqlConnection&)>& use) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return use(*connection_);
  }
  std::string_view name() const override { return "sqlite"; }

 private:
  std::mutex mutex_;
  std::unique_ptr<SqliteConnection> connection_;
};

// SQLite would make the file readable by others; its log files take over the mode of the database.
Status make_private(const std::filesystem::path& file) {
  if (Status made = create_private_directory(file.parent_path()); !made) {
    return made.error().wrap(
        "the database's folder is missing; create it, or set store.url to another place");
  }
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    const int code = errno;
    return Error(
        code == EACCES || code == EROFS || code == EPERM ? ErrorKind::kForbidden : ErrorKind::kInternal,
        "the database file " + file.string() + " cannot be written (" + std::strerror(code) +
            "); give this user write permission on it and on its folder, or set store.url to another place");
  }
  struct stat status{};
  const bool too_open = ::fstat(fd, &status) == 0 && (status.st_mode & 077) != 0;
  if (too_open) (void)::fchmod(fd, 0600);
  ::close(fd);
  // The log and the shared-memory file beside the database are made and removed by SQLite.
  if (::faccessat(AT_FDCWD, file.has_parent_path() ? file.parent_path().c_str() : ".", W_OK, AT_EACCESS) !=
      0) {
    return Error(ErrorKind::kForbidden,
                 "the folder of " + file.string() +
                     " cannot be written, which SQLite needs for its log; give this user write "
                     "permission on it, or set store.url to another place");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<SqlDriver>> open_sqlite(const std::filesystem::path& file) {
  if (!file.empty()) {
    if (Status ok = make_private(file); !ok) return ok.error();
  }
  const std::string target = file.empty() ? ":memory:" : file.string();
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(target.c_str(), &opened,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  DatabasePtr db(opened);  // also after a failure, when it holds the message
  if (code != SQLITE_OK) {
    return Error(kind_of(code), "the database " + target + " cannot be opened: " + sqlite3_errstr(code));
  }
  sqlite3_extended_result_codes(db.get(), 1);
  sqlite3_busy_timeout(db.get(), kBusyMs);
  // A crafted database file must not be able to run functions of its own in our queries.
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  auto connection = std::make_unique<SqliteConnection>(std::move(db));
  // The ledger's indexes by id are written all over: with a small cache and a short log every batch waits for
  // the disk.
  for (const char* pragma :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON",
        "PRAGMA cache_size = -16000", "PRAGMA wal_autocheckpoint = 4000"}) {
    if (Status ok = connection->run(pragma); !ok) {
      if (ok.error().kind != ErrorKind::kInvalid)
        return ok.error().wrap("the database " + target + " cannot be used");
      return ok.error().wrap(
          target + " is no SQLite database, or is damaged; restore a copy, or set store.url to another file");
    }
  }
  return std::unique_ptr<SqlDriver>(std::make_unique<SqliteDriver>(std::move(connection)));
}

}  // namespace moongate
