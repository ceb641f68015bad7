#include "store/schema_admin.h"

#include <algorithm>

#include "base/money.h"
#include "store/open_driver.h"

namespace moongate {

Result<SchemaAdmin> SchemaAdmin::open(std::string_view url, const std::filesystem::path& data_dir,
                                      const StoreOptions& options) {
  Result<std::unique_ptr<SqlDriver>> driver = open_driver(url, data_dir, options, Patience::kLong);
  if (!driver) return driver.error();
  return SchemaAdmin(std::move(*driver));
}

Result<MigrationReport> SchemaAdmin::up(std::int64_t now_s) {
  return migrate_up(*driver_, embedded_migrations(), now_s);
}

Result<MigrationReport> SchemaAdmin::down(std::int64_t steps) {
  if (steps < 1) return Error(ErrorKind::kInvalid, "give how many migrations to take back: one or more");
  const Result<std::int64_t> version = schema_version(*driver_);
  if (!version) return version.error();
  return migrate_down(*driver_, embedded_migrations(), std::max<std::int64_t>(*version - steps, 0));
}

Result<MigrationStatus> SchemaAdmin::status() { return migration_status(*driver_, embedded_migrations()); }

Result<bool> seed_store(Store& store, std::string_view key_sha256, std::string_view key_prefix,
                        std::int64_t now_s, Random& random) {
  UserRecord user;
  user.id = "u-" + random_token(random, 16);
  user.name = "demo";
  user.terms = "{}";
  user.created_at_s = now_s;
  Result<bool> done = store.insert_user(user);
  if (!done || !*done) return done;
  ClientRecord client;
  client.id = "c-" + random_token(random, 16);
  client.name = "demo";
  client.user_id = user.id;
  client.terms = "{}";
  client.created_at_s = now_s;
  done = store.insert_client(client);
  if (!done || !*done) return done;
  ApiKeyRecord key;
  key.id = "k-" + random_token(random, 16);
  key.sha256 = key_sha256;
  key.prefix = key_prefix;
  key.name = "demo";
  key.client_id = client.id;
  key.terms = "{}";
  key.created_at_s = now_s;
  done = store.insert_key(key);
  if (!done || !*done) return done;
  MovementRecord movement;
  movement.id = "seed-" + user.id;
  movement.user_id = user.id;
  movement.kind = "top-up";
  movement.amount_nano = 50 * kNanosPerDollar;
  movement.created_at_s = now_s;
  movement.actor = "admin";
  movement.note = "demonstration";
  return store.move_balance(movement);
}

}  // namespace moongate
