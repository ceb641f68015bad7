#include "store/migrations.h"
#include "store/sql_store.h"
#include "store/sqlite_driver.h"

namespace moongate {

Result<std::unique_ptr<Store>> open_store(std::string_view url, const std::filesystem::path& data_dir,
                                          std::int64_t now_s) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size()) {
    // The URL may hold a password one day: only its scheme is repeated.
    return Error(ErrorKind::kInvalid, "store.url \"" + std::string(url.substr(0, url.find(':'))) +
                                          ":…\" names no store; write sqlite:FILE");
  }
  const std::filesystem::path file(std::string(url.substr(kSqlite.size())));
  Result<std::unique_ptr<SqlDriver>> driver =
      open_sqlite(file == ":memory:" ? std::filesystem::path() : data_dir / file);
  if (!driver) return driver.error();
  if (const auto ok = migrate_up(**driver, embedded_migrations(), now_s); !ok) {
    return ok.error().wrap("the schema of " + std::string(url) + " cannot be brought up to date");
  }
  return std::unique_ptr<Store>(std::make_unique<SqlStore>(std::move(*driver)));
}

}  // namespace moongate
