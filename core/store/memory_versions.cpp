#include <algorithm>

#include "store/memory_store.h"

namespace moongate {

Result<std::int64_t> MemoryStore::append_version(const ConfigVersion& record, int keep, std::int64_t max_bytes) {
  const std::lock_guard lock(mutex_);
  versions_.push_back(record);
  const std::int64_t id = versions_.back().id = ++last_version_;
  std::int64_t bytes = 0;
  int kept = 0;
  std::vector<ConfigVersion> left;
  for (auto each = versions_.rbegin(); each != versions_.rend(); ++each) {
    if (each->kind == record.kind) {
      bytes += each->bytes;
      if (kept > 0 && (kept >= keep || bytes > max_bytes)) continue;
      ++kept;
    }
    left.push_back(std::move(*each));
  }
  std::reverse(left.begin(), left.end());
  versions_ = std::move(left);
  return id;
}

Result<std::vector<ConfigVersion>> MemoryStore::list_versions(std::string_view kind) {
  const std::lock_guard lock(mutex_);
  std::vector<ConfigVersion> found;
  for (auto each = versions_.rbegin(); each != versions_.rend(); ++each) {
    if (each->kind != kind) continue;
    found.push_back(*each);
    found.back().sealed.clear();
  }
  return found;
}

Result<std::optional<ConfigVersion>> MemoryStore::find_version(std::string_view kind, std::int64_t id) {
  const std::lock_guard lock(mutex_);
  for (const ConfigVersion& each : versions_) {
    if (each.kind == kind && each.id == id) return std::optional<ConfigVersion>(each);
  }
  return std::optional<ConfigVersion>();
}

Result<bool> MemoryStore::rotate_virtual_account_key(std::string_view id, const VirtualAccountKey& fresh,
                                                     std::int64_t until_s) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return false;
  VirtualAccountRecord& account = found->second;
  if (until_s > 0) {
    account.old_keys.push_back({account.key_id, account.public_key_pem, account.certificate_pem, until_s});
    std::sort(account.old_keys.begin(), account.old_keys.end(),
              [](const auto& a, const auto& b) { return a.until_s != b.until_s ? a.until_s < b.until_s : a.key_id < b.key_id; });
  } else {
    account.old_keys.clear();
  }
  account.key_id = fresh.key_id;
  account.public_key_pem = fresh.public_key_pem;
  account.certificate_pem = fresh.certificate_pem;
  return changed(true);
}

}  // namespace moongate
