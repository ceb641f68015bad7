#include "identity/key_directory.h"

namespace moongate {

KeyDirectory::Found KeyDirectory::find(std::string_view sha256, std::shared_ptr<const KeyHolder>& holder) {
  Shard& shard = shard_of(sha256);
  const std::int64_t now = clock_.mono_ms();
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(sha256);
  if (found == shard.entries.end()) return Found::kNotYet;
  const Entry& entry = found->second;
  if (now >= entry.expires_ms || entry.generation < generation()) {
    shard.entries.erase(found);
    return Found::kNotYet;
  }
  holder = entry.holder;
  return holder ? Found::kHolder : Found::kNobody;
}

bool KeyDirectory::begin(std::string_view sha256, std::function<void()> wake) {
  Shard& shard = shard_of(sha256);
  const std::lock_guard lock(shard.mutex);
  const auto at_it = shard.waiting.find(sha256);
  if (at_it == shard.waiting.end()) {
    shard.waiting.emplace(std::string(sha256), std::vector<std::function<void()>>());
    return true;
  }
  at_it->second.push_back(std::move(wake));
  return false;
}

std::vector<std::function<void()>> KeyDirectory::end_wait(Shard& shard, std::string_view sha256) {
  std::vector<std::function<void()>> woken;
  if (const auto waiting = shard.waiting.find(sha256); waiting != shard.waiting.end()) {
    woken = std::move(waiting->second);
    shard.waiting.erase(waiting);
  }
  return woken;
}

void KeyDirectory::put(std::string_view sha256, std::shared_ptr<const KeyHolder> holder, std::int64_t generation) {
  Shard& shard = shard_of(sha256);
  const std::int64_t ttl_s = holder ? options_.ttl_s : options_.negative_ttl_s;
  std::vector<std::function<void()>> woken;
  {
    const std::lock_guard lock(shard.mutex);
    // Guessed keys must not fill the memory: a full shard begins anew, and who still calls is looked up again.
    if (shard.entries.size() >= options_.entries / kShards + 1) shard.entries.clear();
    shard.entries.insert_or_assign(std::string(sha256),
                                   Entry{std::move(holder), clock_.mono_ms() + ttl_s * 1000, generation});
    woken = end_wait(shard, sha256);
  }
  for (const auto& wake : woken) wake();
}

void KeyDirectory::give_up(std::string_view sha256) {
  Shard& shard = shard_of(sha256);
  std::vector<std::function<void()>> woken;
  {
    const std::lock_guard lock(shard.mutex);
    woken = end_wait(shard, sha256);
  }
  for (const auto& wake : woken) wake();
}

void KeyDirectory::heard_of(std::int64_t generation) {
  std::int64_t known = generation_.load();
  while (generation > known && !generation_.compare_exchange_weak(known, generation)) {
  }
}

void KeyDirectory::touch(const std::string& key_id, std::int64_t now_s) {
  Shard& shard = shard_of(key_id);
  const std::lock_guard lock(shard.mutex);
  std::int64_t& last = shard.used[key_id];
  if (now_s > last) last = now_s;
}

std::vector<std::pair<std::string, std::int64_t>> KeyDirectory::take_used() {
  std::vector<std::pair<std::string, std::int64_t>> used;
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    used.insert(used.end(), shard.used.begin(), shard.used.end());
    shard.used.clear();
  }
  return used;
}

}  // namespace moongate
