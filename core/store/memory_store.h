// The store in a few maps: for tests of what stands on it, held to the same contract suite as the databases.
#pragma once

#include <map>
#include <mutex>

#include "store/store.h"

namespace moongate {

class MemoryStore : public Store {
 public:
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
  std::mutex mutex_;  // guards everything below
  std::map<std::string, VirtualAccountRecord, std::less<>> accounts_;
  std::map<std::string, OAuthClientRecord, std::less<>> clients_;
  std::map<std::string, RefreshTokenRecord, std::less<>> refresh_tokens_;
  std::map<std::string, SigningKeyRecord, std::less<>> signing_keys_;
  std::map<std::string, RevokedTokenRecord, std::less<>> revoked_;
  std::optional<std::string> admin_token_sha256_;
};

}  // namespace moongate
