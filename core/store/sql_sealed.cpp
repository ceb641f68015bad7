// Values that are sealed with a key derived from the master key.
#include "store/sql_store.h"

namespace moongate {
namespace {

struct SealedColumn {
  SealedKind kind;
  const char* select;
  const char* update;
};
constexpr SealedColumn kColumns[] = {
    {SealedKind::kSigningKey, "SELECT key_id, sealed_private_key FROM signing_keys ORDER BY key_id",
     "UPDATE signing_keys SET sealed_private_key = ? WHERE key_id = ?"},
    {SealedKind::kUpstreamCredential, "SELECT name, sealed_credential FROM upstream_accounts ORDER BY name",
     "UPDATE upstream_accounts SET sealed_credential = ? WHERE name = ?"},
    // Versions of one digest have one content: each row's value takes all their places.
    {SealedKind::kConfigVersion, "SELECT digest, sealed FROM config_versions ORDER BY digest",
     "UPDATE config_versions SET sealed = ? WHERE digest = ?"}};

}  // namespace

Result<std::int64_t> SqlStore::reseal(const Reseal& reseal) {
  std::int64_t changed = 0;
  const Result<bool> done = directory_change([&](SqlConnection& connection) -> Result<bool> {
    changed = 0;
    const char* lock = connection.dialect() == SqlDialect::kMysql ? " FOR UPDATE" : "";
    for (const SealedColumn& column : kColumns) {
      const Result<std::vector<SqlRow>> rows = connection.query(std::string(column.select) + lock, {});
      if (!rows) return rows.error();
      for (const SqlRow& row : *rows) {
        RowReader read(row);
        const std::string id = read.text();
        const std::string sealed = read.text();
        const Result<std::string> made = reseal(column.kind, id, sealed);
        if (!made) return made.error();
        if (*made == sealed) continue;
        ++changed;
        const Result<std::int64_t> kept = connection.execute(column.update, {*made, id});
        if (!kept) return kept.error();
      }
    }
    return changed > 0;
  });
  if (!done) return done.error();
  return changed;
}

}  // namespace moongate
