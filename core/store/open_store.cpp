#include "store/migrations.h"
#include "store/mysql_driver.h"
#include "store/open_driver.h"
#include "store/sql_store.h"
#include "store/sqlite_driver.h"

namespace moongate {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMysql = "mysql:";

Result<std::unique_ptr<SqlDriver>> open_mysql_url(std::string_view url, const StoreOptions& options,
                                                  Patience patience) {
  const Result<MysqlTarget> target = MysqlTarget::parse(url);
  if (!target) return target.error();
  MysqlOptions mysql;
  mysql.ca_file = options.ca_file;
  mysql.pool.connections = options.connections;
  if (patience == Patience::kLong) mysql.read_timeout_s = 0;
  return open_mysql(*target, mysql, std::make_shared<SystemClock>());
}

// On a database that others may be using the schema changes when the operator says so.
Status check_schema(SqlDriver& driver) {
  const Result<MigrationStatus> status = migration_status(driver, embedded_migrations());
  if (!status) return status.error();
  if (!status->trouble.empty()) return Error(ErrorKind::kInvalid, status->trouble);
  if (status->pending == 0) return {};
  const bool empty = status->pending == status->steps.size();
  return Error(ErrorKind::kInvalid,
               (empty ? std::string("the database has no tables yet")
                      : std::to_string(status->pending) + " of our migrations " +
                            (status->pending == 1 ? "is" : "are") + " missing in the database") +
                   "; run: moongate migrate up (or set store.auto_migrate)");
}

}  // namespace

Result<std::unique_ptr<SqlDriver>> open_driver(std::string_view url, const std::filesystem::path& data_dir,
                                               const StoreOptions& options, Patience patience) {
  if (url.starts_with(kMysql)) return open_mysql_url(url, options, patience);
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size()) {
    // The URL may hold a password: only its scheme is repeated.
    return Error(ErrorKind::kInvalid,
                 "store.url \"" + std::string(url.substr(0, url.find(':'))) +
                     ":…\" names no store; write sqlite:FILE or mysql://USER:PASSWORD@HOST/DATABASE");
  }
  const std::filesystem::path file(std::string(url.substr(kSqlite.size())));
  return open_sqlite(file == ":memory:" ? std::filesystem::path() : data_dir / file);
}

Result<std::unique_ptr<Store>> open_store(std::string_view url, const std::filesystem::path& data_dir,
                                          std::int64_t now_s, const StoreOptions& options) {
  const bool mysql = url.starts_with(kMysql);
  if (mysql && options.auto_migrate) {
    const Result<std::unique_ptr<SqlDriver>> patient = open_driver(url, data_dir, options, Patience::kLong);
    if (!patient) return patient.error();
    if (const auto ok = migrate_up(**patient, embedded_migrations(), now_s); !ok) {
      return ok.error().wrap("the schema of the database in store.url cannot be brought up to date");
    }
  }
  Result<std::unique_ptr<SqlDriver>> driver = open_driver(url, data_dir, options, Patience::kUsual);
  if (!driver) return driver.error();
  if (mysql) {
    if (Status ok = check_schema(**driver); !ok) return ok.error();
  } else if (const auto ok = migrate_up(**driver, embedded_migrations(), now_s); !ok) {
    return ok.error().wrap("the schema of " + std::string(url) + " cannot be brought up to date");
  }
  return std::unique_ptr<Store>(std::make_unique<SqlStore>(std::move(*driver)));
}

}  // namespace moongate
