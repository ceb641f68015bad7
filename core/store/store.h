// What the program keeps. Narrow on purpose: each function is one thing that the product does, and every
// database behind it is held to tests/unit/store/store_contract.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/conversation_store.h"
#include "store/directory_store.h"
#include "store/ledger_store.h"
#include "store/people_store.h"
#include "store/records.h"
#include "store/versions_store.h"

namespace moongate {

enum class SealedKind : std::uint8_t { kSigningKey, kUpstreamCredential, kConfigVersion };

// Safe from any thread; every function may block (a disk, a lock, a network). Each is atomic: it has happened
// whole, or not at all. Errors: kUnavailable when the database cannot be reached or is busy, else kInternal.
// Something that is not there is not an error: find_… gives nothing, set_… and erase_… give false.
class Store : public DirectoryStore, public LedgerStore, public PeopleStore, public VersionsStore, public ConversationStore {
 public:
  // Virtual service accounts, listed from the oldest. insert: false when id, email or key id is taken; a
  // record with metadata_default takes that mark from the account that had it.
  virtual Result<bool> insert_virtual_account(const VirtualAccountRecord& record) = 0;
  virtual Result<std::vector<VirtualAccountRecord>> list_virtual_accounts() = 0;
  virtual Result<std::optional<VirtualAccountRecord>> find_virtual_account(std::string_view id) = 0;
  virtual Result<bool> set_virtual_account_enabled(std::string_view id, bool enabled) = 0;
  // True takes the mark from the account that has it.
  virtual Result<bool> set_virtual_account_metadata_default(std::string_view id, bool marked) = 0;
  virtual Result<bool> set_virtual_account_external_secret(std::string_view id, std::string_view sha256) = 0;
  // Gives it this key. The one before stays good until `until_s`; 0: it ends now, and all older ones with it.
  virtual Result<bool> rotate_virtual_account_key(std::string_view id, const VirtualAccountKey& fresh,
                                                  std::int64_t until_s) = 0;
  // Its refresh tokens go with it.
  virtual Result<bool> erase_virtual_account(std::string_view id) = 0;

  // OAuth clients, listed from the oldest. insert: false when the id is taken.
  virtual Result<bool> insert_oauth_client(const OAuthClientRecord& record) = 0;
  virtual Result<std::vector<OAuthClientRecord>> list_oauth_clients() = 0;
  virtual Result<std::optional<OAuthClientRecord>> find_oauth_client(std::string_view id) = 0;
  virtual Result<bool> set_oauth_client_enabled(std::string_view id, bool enabled) = 0;
  // Its refresh tokens go with it.
  virtual Result<bool> erase_oauth_client(std::string_view id) = 0;

  // Refresh tokens, by the digest of the token.
  virtual Result<bool> insert_refresh_token(const RefreshTokenRecord& record) = 0;
  virtual Result<std::optional<RefreshTokenRecord>> find_refresh_token(std::string_view sha256) = 0;
  // Marks `sha256` used and keeps `next` in its place. False, with nothing changed: `sha256` is not active
  // any more, so that of two callers with the same token only one gets a new one.
  virtual Result<bool> rotate_refresh_token(std::string_view sha256, const RefreshTokenRecord& next) = 0;
  // Revokes every token of the family that is active or used; how many there were.
  virtual Result<std::int64_t> revoke_refresh_family(std::string_view family) = 0;

  // Signing keys, newest first. insert: false when the key id is taken.
  virtual Result<bool> insert_signing_key(const SigningKeyRecord& record) = 0;
  virtual Result<std::vector<SigningKeyRecord>> list_signing_keys() = 0;
  virtual Result<bool> erase_signing_key(std::string_view key_id) = 0;

  // Revoked access tokens. Revoking again keeps the later expiry.
  virtual Status revoke_token(const RevokedTokenRecord& record) = 0;
  virtual Result<std::vector<RevokedTokenRecord>> list_revoked_tokens(
      std::int64_t now_s) = 0;  // not yet expired

  // The digest of the admin token; nothing before the first start.
  virtual Result<std::optional<std::string>> admin_token_sha256() = 0;
  virtual Status set_admin_token_sha256(std::string_view sha256) = 0;

  // Forgets refresh tokens, revocations, old keys of virtual accounts, sessions, nonces and invitations whose time is over.
  virtual Status erase_expired(std::int64_t now_s) = 0;

  // Every sealed column's every value, replaced by what `reseal` makes of it, in one transaction: an error
  // from it leaves all as it was. `id`: the signing key's id, the upstream account's name, the version's
  // digest. How many values changed.
  using Reseal =
      std::function<Result<std::string>(SealedKind kind, const std::string& id, const std::string& sealed)>;
  virtual Result<std::int64_t> reseal(const Reseal& reseal) = 0;
};

struct StoreOptions {
  bool auto_migrate = false;  // MySQL: bring the schema up to date; SQLite's always is
  int connections = 4;        // MySQL: at most
  std::string ca_file;        // MySQL: TLS, verified against this PEM bundle; empty: no TLS
};

// Opens what `url` names: "sqlite:<file>", a relative file lying in `data_dir`; "sqlite::memory:";
// "mysql://…" as mysql_target.h has it. SQLite's schema is brought up to date; on MySQL an older one is an
// error that names the command to run, unless options.auto_migrate is on. Error kInvalid: no such kind of
// store, or a schema that is not ours; else what the drivers and migrations.h say.
Result<std::unique_ptr<Store>> open_store(std::string_view url, const std::filesystem::path& data_dir,
                                          std::int64_t now_s, const StoreOptions& options = {});

}  // namespace moongate
