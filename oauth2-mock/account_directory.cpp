#include "oauth2-mock/account_directory.h"

#include "oauth2-mock/client_auth.h"

namespace moongate {

AccountDirectory::AccountDirectory(Store& store, const Clock& clock, const Logger& log,
                                   TokenVerifier& verifier, Publisher publisher, bool demo_client)
    : store_(store),
      clock_(clock),
      log_(log),
      verifier_(verifier),
      publisher_(std::move(publisher)),
      demo_client_(demo_client) {}

std::shared_ptr<const VirtualAccount> AccountDirectory::account_of(const VirtualAccountRecord& record) const {
  // A key that was read once is not read again: reloads come with every revoked token.
  const std::shared_ptr<const VirtualAccount> before = snapshot()->find_key(record.key_id);
  std::optional<RsaPublicKey> key;
  if (before && before->key_id == record.key_id) {
    key = before->public_key;
  } else if (Result<RsaPublicKey> read = RsaPublicKey::from_pem(record.public_key_pem)) {
    key = std::move(*read);
  } else {
    log_.error("a virtual service account is unusable, its public key cannot be read",
               {{"account", record.email}, {"reason", read.error().describe()}});
    return nullptr;
  }
  auto account = std::make_shared<VirtualAccount>(
      VirtualAccount{record.id, record.email, record.name, record.project, record.key_id, std::move(*key),
                     record.enabled, record.providers, record.models});
  for (const VirtualAccountKey& old : record.old_keys) {
    if (old.until_s <= clock_.unix_seconds()) continue;
    if (Result<RsaPublicKey> read = RsaPublicKey::from_pem(old.public_key_pem)) {
      account->old_keys.push_back({old.key_id, std::move(*read), old.until_s});
    }
  }
  return account;
}

Status AccountDirectory::reload() {
  const std::lock_guard<std::mutex> reloading(reloading_);
  const Result<std::vector<VirtualAccountRecord>> accounts = store_.list_virtual_accounts();
  if (!accounts) return accounts.error();
  const Result<std::vector<OAuthClientRecord>> clients = store_.list_oauth_clients();
  if (!clients) return clients.error();
  const Result<std::vector<RevokedTokenRecord>> revoked = store_.list_revoked_tokens(clock_.unix_seconds());
  if (!revoked) return revoked.error();

  auto next = std::make_shared<IdentitySnapshot>();
  next->generation = snapshot()->generation + 1;
  std::string metadata_id;
  for (const VirtualAccountRecord& record : *accounts) {
    if (std::shared_ptr<const VirtualAccount> account = account_of(record)) next->add(std::move(account));
    if (record.metadata_default) metadata_id = record.id;
  }
  if (demo_client_) next->clients.emplace(kDemoClient);
  for (const OAuthClientRecord& record : *clients) {
    if (record.enabled)
      next->clients.insert(record.id);
    else
      next->clients.erase(record.id);
  }
  for (const RevokedTokenRecord& record : *revoked) next->revoked.insert(record.id);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    metadata_id_ = std::move(metadata_id);
  }
  verifier_.publish(next);
  if (publisher_) publisher_(std::move(next));
  return {};
}

std::shared_ptr<const VirtualAccount> AccountDirectory::metadata_account() const {
  std::string id;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    id = metadata_id_;
  }
  std::shared_ptr<const VirtualAccount> account = snapshot()->find_id(id);
  return account && account->enabled ? account : nullptr;
}

}  // namespace moongate
