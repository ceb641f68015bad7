#include "upstream/affinity.h"

namespace moongate {

std::string AffinityTable::find(const std::string& key) {
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return {};
  const Entries::iterator entry = found->second;
  if (entry->until <= now) {
    index_.erase(found);
    entries_.erase(entry);
    return {};
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->account;
}

bool AffinityTable::put(const std::string& key, std::string_view account, std::int64_t ttl_ms) {
  const MonoMs now = clock_.mono_ms();
  std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) {
    if (entries_.size() >= capacity_) {
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front({key, std::string(account), now + ttl_ms, now});
    index_.emplace(entries_.front().key, entries_.begin());
    return true;
  }
  const Entries::iterator entry = found->second;
  entries_.splice(entries_.begin(), entries_, entry);
  const bool tell = entry->account != account || entry->until <= now || now - entry->told >= ttl_ms / 4;
  entry->account = account;
  entry->until = now + ttl_ms;
  if (tell) entry->told = now;
  return tell;
}

std::size_t AffinityTable::size() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace moongate
