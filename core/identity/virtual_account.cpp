#include "identity/virtual_account.h"

#include <algorithm>

namespace moongate {

bool VirtualAccount::allows_provider(std::string_view provider) const {
  return providers.empty() || std::find(providers.begin(), providers.end(), provider) != providers.end();
}

bool VirtualAccount::allows_model(std::string_view model) const {
  if (models.empty()) return true;
  return std::any_of(models.begin(), models.end(), [&](std::string_view allowed) {
    if (!allowed.ends_with('*')) return allowed == model;
    allowed.remove_suffix(1);
    return model.starts_with(allowed);
  });
}

const RsaPublicKey* VirtualAccount::key(std::string_view kid, std::int64_t now_s, std::int64_t& until_s) const {
  until_s = 0;
  if (kid == key_id) return &public_key;
  for (const OldKey& old : old_keys) {
    if (old.key_id != kid || old.until_s <= now_s) continue;
    until_s = old.until_s;
    return &old.public_key;
  }
  return nullptr;
}

void IdentitySnapshot::add(std::shared_ptr<const VirtualAccount> account) {
  by_id[account->id] = account;
  by_email[account->email] = account;
  for (const VirtualAccount::OldKey& old : account->old_keys) by_key_id[old.key_id] = account;
  by_key_id[account->key_id] = std::move(account);
}

std::shared_ptr<const VirtualAccount> IdentitySnapshot::find(const Accounts& accounts, std::string_view key) {
  const auto at = accounts.find(key);
  return at == accounts.end() ? nullptr : at->second;
}

}  // namespace moongate
