// `moongate migrate`: the schema of a store, without opening the store.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "crypto/random.h"
#include "store/migrations.h"
#include "store/store.h"

namespace moongate {

class SchemaAdmin {
 public:
  // As open_store, but the schema is left as it is, and a statement may take as long as it takes.
  static Result<SchemaAdmin> open(std::string_view url, const std::filesystem::path& data_dir,
                                  const StoreOptions& options = {});

  Result<MigrationReport> up(std::int64_t now_s);
  // Takes back the last `steps` migrations, and the data in their tables with them. kInvalid: not one or
  // more.
  Result<MigrationReport> down(std::int64_t steps);
  Result<MigrationReport> rollback() { return down(1); }
  Result<MigrationStatus> status();

 private:
  explicit SchemaAdmin(std::unique_ptr<SqlDriver> driver) : driver_(std::move(driver)) {}
  std::unique_ptr<SqlDriver> driver_;
};

// `moongate migrate seed`: a user "demo" with a balance of 50 dollars, a client "demo" of that user, and a
// key of that client, whose digest and display prefix the caller has made. False: a user, a client or a key
// of that name or digest is there already, and nothing is changed that was there before.
Result<bool> seed_store(Store& store, std::string_view key_sha256, std::string_view key_prefix,
                        std::int64_t now_s, Random& random);

}  // namespace moongate
