#include "store/mysql_driver.h"

#include <cppconn/connection.h>
#include <cppconn/datatype.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <map>

namespace moongate {
namespace {

// Servers' and client's error numbers that mean something to us.
enum : int {
  kTooManyConnections = 1040,
  kNoAccessToDatabase = 1044,
  kAccessDenied = 1045,
  kNoSuchDatabase = 1049,
  kServerShutdown = 1053,
  kDuplicate = 1062,
  kNoSuchTable = 1146,
  kLockWaitTimeout = 1205,
  kDeadlock = 1213,
  kOutOfRange = 1264,
  kReadOnly = 1290,
  kWrongValue = 1366,
  kTooLong = 1406,
  kDuplicateUnknownKey = 1586,
  kKilled = 1927,  // MariaDB's own word for a connection that was killed
  kCannotConnectSocket = 2002,
  kCannotConnect = 2003,
  kUnknownHost = 2005,
  kGoneAway = 2006,
  kHandshakeLost = 2012,
  kLost = 2013,
  kTls = 2026,
  kNotPrepared = 2030,
  kLostExtended = 2055,
};

constexpr std::size_t kStatements = 256;  // kept prepared by a connection

bool lost(int code) {
  return code == kServerShutdown || code == kGoneAway || code == kLost || code == kNotPrepared ||
         code == kLostExtended || code == kKilled || code == kHandshakeLost;
}

ErrorKind kind_of(int code) {
  switch (code) {
    case kAccessDenied:
    case kNoAccessToDatabase:
    case kTls:
      return ErrorKind::kForbidden;
    case kNoSuchDatabase:
    case kNoSuchTable:
      return ErrorKind::kNotFound;
    case kWrongValue:
    case kTooLong:
    case kOutOfRange:
      return ErrorKind::kInvalid;
    case kTooManyConnections:
    case kLockWaitTimeout:
    case kDeadlock:
    case kReadOnly:
    case kCannotConnectSocket:
    case kCannotConnect:
    case kUnknownHost:
      return ErrorKind::kUnavailable;
    default:
      return lost(code) ? ErrorKind::kUnavailable : ErrorKind::kInternal;
  }
}

// The client library keeps something for each thread.
void enter_thread(sql::Driver& driver) {
  struct Thread {
    explicit Thread(sql::Driver& given) : driver(given) { driver.threadInit(); }
    ~Thread() { driver.threadEnd(); }
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;
    sql::Driver& driver;
  };
  thread_local const Thread thread(driver);
}

class MysqlConnection final : public PooledConnection {
 public:
  MysqlConnection(sql::Driver& driver, std::unique_ptr<sql::Connection> connection)
      : driver_(driver), connection_(std::move(connection)) {}
  ~MysqlConnection() override {
    enter_thread(driver_);
    statements_.clear();
    connection_.reset();
  }

  // Once after connecting. A writer that waits for another's row waits for five seconds at most.
  Status set_up() {
    const Result<std::int64_t> set = execute(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', "
        "innodb_lock_wait_timeout = 5, time_zone = '+00:00', autocommit = 1",
        {});
    if (!set) return set.error();
    const Result<std::vector<SqlRow>> version = query("SELECT VERSION()", {});
    if (!version) return version.error();
    const auto* text = version->empty() ? nullptr : std::get_if<std::string>(&(*version)[0][0]);
    // Both compare byte by byte, trailing spaces included, as utf8mb4_bin does not.
    const bool mariadb = text != nullptr && text->find("MariaDB") != std::string::npos;
    collation_ = mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
    return {};
  }

  SqlDialect dialect() const override { return SqlDialect::kMysql; }
  bool transactional_schema() const override { return false; }

  Result<std::vector<SqlRow>> query(std::string_view sql, const SqlRow& parameters) override {
    std::vector<SqlRow> rows;
    const Status done = attempt(sql, [&] {
      sql::PreparedStatement& statement = bound(sql, parameters);
      const std::unique_ptr<sql::ResultSet> result(statement.executeQuery());
      read(*result, rows);
    });
    if (!done) return done.error();
    return rows;
  }

  Result<std::int64_t> execute(std::string_view sql, const SqlRow& parameters) override {
    std::int64_t matched = 0;
    const Status done = attempt(sql, [&] {
      if (parameters.empty()) {
        // Not everything that a migration says can be prepared.
        const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
        if (!statement->execute(sql::SQLString(sql.data(), sql.size())))
          matched = static_cast<std::int64_t>(statement->getUpdateCount());
      } else {
        matched = bound(sql, parameters).executeUpdate();
      }
    });
    if (!done) return done.error();
    return matched;
  }

  // Without a parameter there is no need to prepare, and only what is not prepared can be left on the server
  // until it is asked for.
  Status each(std::string_view sql, const std::function<Status(const SqlRow&)>& use) override {
    Status used;
    const Status done = attempt(sql, [&] {
      const std::unique_ptr<sql::Statement> statement(connection_->createStatement());
      statement->setResultSetType(sql::ResultSet::TYPE_FORWARD_ONLY);
      const std::unique_ptr<sql::ResultSet> result(
          statement->executeQuery(sql::SQLString(sql.data(), sql.size())));
      const std::vector<bool> numeric = numeric_columns(*result);
      while (used && result->next()) used = use(row_of(*result, numeric));
    });
    return done ? used : done;
  }

  Result<bool> insert(std::string_view sql, const SqlRow& parameters) override {
    const Result<std::int64_t> done = execute(sql, parameters);
    if (done) return true;
    if (last_code_ == kDuplicate || last_code_ == kDuplicateUnknownKey) return false;
    return done.error();
  }

  Status begin(SqlIsolation isolation) override {
    const bool reading = isolation == SqlIsolation::kReading;
    Status done;
    if (isolation == SqlIsolation::kLatest) done = control("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    if (reading) done = control("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    if (done) done = control(reading ? "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY" : "START TRANSACTION");
    in_transaction_ = done.ok();
    return done;
  }
  Status commit() override {
    Status done = command("COMMIT");
    if (done) in_transaction_ = false;
    return done;
  }
  void rollback() override {
    if (!in_transaction_) return;
    in_transaction_ = false;
    // One that cannot be rolled back must not be lent again with a transaction open.
    if (!broken_ && !command("ROLLBACK")) broken_ = true;
  }

  std::string definition(std::string statement) const override {
    if (!statement.starts_with("CREATE TABLE")) return statement;
    return statement + " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE " + collation_;
  }
  Status lock_schema() override {
    const Result<std::vector<SqlRow>> locked =
        query(std::string("SELECT COALESCE(GET_LOCK(") + kLockName + ", 20), 0)", {});
    if (!locked) return locked.error();
    const auto* got = locked->empty() ? nullptr : std::get_if<std::int64_t>(&(*locked)[0][0]);
    if (got != nullptr && *got == 1) return {};
    return Error(ErrorKind::kUnavailable,
                 "another moongate is changing the schema of this database; try again when it is done");
  }
  void unlock_schema() override {
    if (!broken_) (void)query(std::string("SELECT COALESCE(RELEASE_LOCK(") + kLockName + "), 0)", {});
  }

  Result<std::vector<SqlColumn>> columns(std::string_view table) override {
    const auto rows = query(
        "SELECT column_name, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = DATABASE() "
        "AND table_name = ? ORDER BY ordinal_position",
        {std::string(table)});
    if (!rows) return rows.error();
    std::vector<SqlColumn> columns;
    for (const SqlRow& row : *rows) {
      columns.push_back({std::get<std::string>(row[0]), std::get<std::int64_t>(row[1]) != 0});
    }
    return columns;
  }

  // A server tells everybody of their own connections, and only the privileged of others'.
  Result<bool> alone() override {
    constexpr int kLooks = 20;
    for (int look = 0; look < kLooks; ++look) {
      const auto others = query(
          "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()", {});
      if (!others) return others.error();
      if (!others->empty() && std::get<std::int64_t>((*others)[0][0]) == 0) return true;
      if (const auto waited = query("SELECT SLEEP(0.1)", {}); !waited) return waited.error();
    }
    return false;
  }

  void lend() override {
    untouched_ = true;
    in_transaction_ = false;
  }
  bool broken() const override { return broken_; }
  bool untouched() const override { return untouched_; }
  bool alive() override {
    enter_thread(driver_);
    try {
      return !broken_ && connection_->isValid();
    } catch (const std::exception&) {
      return false;
    }
  }

 private:
  // At most 64 characters, and another for each database of the server.
  static constexpr const char* kLockName = "CONCAT('moongate.', LEFT(SHA2(DATABASE(), 256), 32))";

  template <class Use>
  Status attempt(std::string_view sql, Use&& use) {
    last_code_ = 0;
    if (broken_) return Error(ErrorKind::kUnavailable, "the connection to the database was lost");
    enter_thread(driver_);
    try {
      use();
      untouched_ = false;
      return {};
    } catch (const sql::SQLException& thrown) {
      last_code_ = thrown.getErrorCode();
      return failure(sql, thrown.what());
    } catch (const std::exception& thrown) {
      // What the library has no number for says nothing about the state of the connection.
      broken_ = true;
      untouched_ = false;
      return failure(sql, thrown.what());
    }
  }

  Error failure(std::string_view sql, std::string_view what) {
    if (lost(last_code_)) broken_ = true;
    // The request could not even be sent; after any other failure it may have been executed.
    if (last_code_ != kGoneAway) untouched_ = false;
    std::string why(what);
    // These repeat a value.
    if (last_code_ == kDuplicate) why = "there is a row with this key already";
    if (last_code_ == kWrongValue) why = "a value is nothing that its column can hold";
    constexpr std::size_t kShown = 300;
    std::string text(sql.substr(0, kShown));
    if (sql.size() > kShown) text += "…";
    Error error(kind_of(last_code_), "MySQL: " + why + " (" + std::to_string(last_code_) + "), in: " + text);
    if (last_code_ == kDeadlock || last_code_ == kLockWaitTimeout) error.retry = Retry::kYes;
    return error;
  }

  Status command(const char* sql) {
    if (Result<std::int64_t> done = execute(sql, {}); !done) return done.error();
    return {};
  }
  // A command without effect on data: if the connection is lost with it, nothing was done.
  Status control(const char* sql) {
    const bool untouched = untouched_;
    const Status done = command(sql);
    untouched_ = untouched;
    return done;
  }

  sql::PreparedStatement& bound(std::string_view sql, const SqlRow& parameters) {
    auto known = statements_.find(sql);
    if (known == statements_.end()) {
      if (statements_.size() >= kStatements) statements_.clear();
      std::unique_ptr<sql::PreparedStatement> made(
          connection_->prepareStatement(sql::SQLString(sql.data(), sql.size())));
      known = statements_.emplace(std::string(sql), std::move(made)).first;
    }
    sql::PreparedStatement& statement = *known->second;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto at = static_cast<unsigned>(i) + 1;
      if (const auto* number = std::get_if<std::int64_t>(&parameters[i])) {
        statement.setInt64(at, *number);
      } else {
        const std::string& text = std::get<std::string>(parameters[i]);
        statement.setString(at, sql::SQLString(text.data(), text.size()));
      }
    }
    return statement;
  }

  static std::vector<bool> numeric_columns(sql::ResultSet& result) {
    const sql::ResultSetMetaData& columns = *result.getMetaData();
    auto& types = const_cast<sql::ResultSetMetaData&>(columns);
    std::vector<bool> numeric;
    for (unsigned i = 1; i <= types.getColumnCount(); ++i) {
      const int type = types.getColumnType(i);
      numeric.push_back(type >= sql::DataType::BIT && type <= sql::DataType::BIGINT);
    }
    return numeric;
  }

  static SqlRow row_of(sql::ResultSet& result, const std::vector<bool>& numeric) {
    SqlRow row;
    row.reserve(numeric.size());
    for (unsigned i = 1; i <= numeric.size(); ++i) {
      if (numeric[i - 1]) {
        row.emplace_back(static_cast<std::int64_t>(result.getInt64(i)));
      } else {
        const sql::SQLString text = result.getString(i);
        row.emplace_back(std::string(text.c_str(), text.length()));
      }
    }
    return row;
  }

  static void read(sql::ResultSet& result, std::vector<SqlRow>& rows) {
    const std::vector<bool> numeric = numeric_columns(result);
    while (result.next()) rows.push_back(row_of(result, numeric));
  }

  sql::Driver& driver_;
  std::unique_ptr<sql::Connection> connection_;
  std::map<std::string, std::unique_ptr<sql::PreparedStatement>, std::less<>> statements_;
  std::string collation_;
  int last_code_ = 0;
  bool broken_ = false;
  bool untouched_ = true;
  bool in_transaction_ = false;
};

sql::ConnectOptionsMap connect_options(const MysqlTarget& target, const MysqlOptions& options) {
  sql::ConnectOptionsMap map;
  const bool v6 = target.host.find(':') != std::string::npos;
  map["hostName"] =
      sql::SQLString(target.socket.empty() ? "tcp://" + (v6 ? "[" + target.host + "]" : target.host) + ":" +
                                                 std::to_string(target.port)
                                           : "unix://" + target.socket);
  map["userName"] = sql::SQLString(target.user);
  map["password"] = sql::SQLString(target.password);
  map["schema"] = sql::SQLString(target.database);
  map["OPT_CHARSET_NAME"] = sql::SQLString("utf8mb4");
  map["OPT_CONNECT_TIMEOUT"] = options.connect_timeout_s;
  map["OPT_READ_TIMEOUT"] = options.read_timeout_s;
  map["OPT_WRITE_TIMEOUT"] = options.read_timeout_s;
  map["OPT_LOCAL_INFILE"] = 0;  // a server could ask for any file of ours
  map["CLIENT_FOUND_ROWS"] = true;
  if (!options.ca_file.empty() && target.socket.empty()) {
    map["sslCA"] = sql::SQLString(options.ca_file);
    map["sslVerify"] = true;
    map["sslEnforce"] = true;
  }
  return map;
}

Error cannot_connect(const MysqlTarget& target, int code, const std::string& what) {
  const std::string where = target.describe();
  switch (code) {
    case kAccessDenied:
      return Error(ErrorKind::kForbidden,
                   "the database refuses " + where + ": the user or the password in store.url is wrong");
    case kNoAccessToDatabase:
      return Error(ErrorKind::kForbidden, "the user of " + where +
                                              " may not use that database; grant it: GRANT ALL ON " +
                                              target.database + ".* TO that user");
    case kNoSuchDatabase:
      return Error(ErrorKind::kNotFound,
                   "there is no database as in " + where + "; make it: CREATE DATABASE " + target.database);
    case kTls:
      return Error(ErrorKind::kForbidden,
                   "no TLS with " + where + " that store.ca_file vouches for: " + what);
    default:
      return Error(kind_of(code) == ErrorKind::kInternal ? ErrorKind::kUnavailable : kind_of(code),
                   "no connection to " + where + ": " + what);
  }
}

Result<std::unique_ptr<PooledConnection>> connect(sql::Driver& driver, const MysqlTarget& target,
                                                  const MysqlOptions& options) {
  enter_thread(driver);
  std::unique_ptr<MysqlConnection> connection;
  try {
    sql::ConnectOptionsMap map = connect_options(target, options);
    connection =
        std::make_unique<MysqlConnection>(driver, std::unique_ptr<sql::Connection>(driver.connect(map)));
  } catch (const sql::SQLException& thrown) {
    return cannot_connect(target, thrown.getErrorCode(), thrown.what());
  } catch (const std::exception& thrown) {
    return cannot_connect(target, 0, thrown.what());
  }
  if (Status ready = connection->set_up(); !ready) return ready.error();
  return std::unique_ptr<PooledConnection>(std::move(connection));
}

}  // namespace

Result<std::unique_ptr<SqlDriver>> open_mysql(const MysqlTarget& target, const MysqlOptions& options,
                                              std::shared_ptr<const Clock> clock) {
  // Made once a process, by the first call; the library asks for that to happen before there are threads.
  sql::Driver& driver = *get_driver_instance();
  auto pool = std::make_unique<ConnectionPool>(
      "mysql", target.describe(), [&driver, target, options] { return connect(driver, target, options); },
      options.pool, std::move(clock));
  if (Status reached = pool->run([](SqlConnection&) { return Status(); }); !reached) return reached.error();
  return std::unique_ptr<SqlDriver>(std::move(pool));
}

}  // namespace moongate
