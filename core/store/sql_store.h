// The store's queries: one set for every database.
#pragma once

#include <memory>

#include "store/sql_driver.h"
#include "store/store.h"

namespace moongate {

class SqlStore final : public Store {
 public:
  // The driver's schema is up to date (migrate_up).
  explicit SqlStore(std::unique_ptr<SqlDriver> driver) : driver_(std::move(driver)) {}

  Result<bool> insert_virtual_account(const VirtualAccountRecord& record) override;
  Result<std::vector<VirtualAccountRecord>> list_virtual_accounts() override;
  Result<std::optional<VirtualAccountRecord>> find_virtual_account(std::string_view id) override;
  Result<bool> set_virtual_account_enabled(std::string_view id, bool enabled) override;
  Result<bool> set_virtual_account_metadata_default(std::string_view id, bool marked) override;
  Result<bool> set_virtual_account_external_secret(std::string_view id, std::string_view sha256) override;
  Result<bool> erase_virtual_account(std::string_view id) override;

  Result<bool> insert_oauth_client(const OAuthClientRecord& record) override;
  Result<std::vector<OAuthClientRecord>> list_oauth_clients() override;
  Result<std::optional<OAuthClientRecord>> find_oauth_client(std::string_view id) override;
  Result<bool> set_oauth_client_enabled(std::string_view id, bool enabled) override;
  Result<bool> erase_oauth_client(std::string_view id) override;

  Result<bool> insert_refresh_token(const RefreshTokenRecord& record) override;
  Result<std::optional<RefreshTokenRecord>> find_refresh_token(std::string_view sha256) override;
  Result<bool> rotate_refresh_token(std::string_view sha256, const RefreshTokenRecord& next) override;
  Result<std::int64_t> revoke_refresh_family(std::string_view family) override;

  Result<bool> insert_signing_key(const SigningKeyRecord& record) override;
  Result<std::vector<SigningKeyRecord>> list_signing_keys() override;
  Result<bool> erase_signing_key(std::string_view key_id) override;

  Status revoke_token(const RevokedTokenRecord& record) override;
  Result<std::vector<RevokedTokenRecord>> list_revoked_tokens(std::int64_t now_s) override;

  Result<std::optional<std::string>> admin_token_sha256() override;
  Status set_admin_token_sha256(std::string_view sha256) override;

  Status erase_expired(std::int64_t now_s) override;

 private:
  Result<std::vector<VirtualAccountRecord>> select_accounts(std::string_view where, const SqlRow& parameters);
  Result<std::vector<OAuthClientRecord>> select_clients(std::string_view where, const SqlRow& parameters);
  Result<std::vector<SqlRow>> query(std::string_view sql, const SqlRow& parameters);
  Result<std::int64_t> execute(std::string_view sql, const SqlRow& parameters);
  Result<bool> insert(std::string_view sql, const SqlRow& parameters);
  // `use` in a transaction; its answer once that is committed.
  Result<bool> transaction(const std::function<Result<bool>(SqlConnection&)>& use);

  std::unique_ptr<SqlDriver> driver_;
};

// Columns of a row, in order; the queries name them, so a wrong type is our own mistake and gives 0 or "".
class RowReader {
 public:
  explicit RowReader(const SqlRow& row) : row_(row) {}
  std::string text() {
    const auto* value = std::get_if<std::string>(&row_[next_++]);
    return value != nullptr ? *value : std::string();
  }
  std::int64_t number() {
    const auto* value = std::get_if<std::int64_t>(&row_[next_++]);
    return value != nullptr ? *value : 0;
  }
  bool flag() { return number() != 0; }

 private:
  const SqlRow& row_;
  std::size_t next_ = 0;
};

}  // namespace moongate
