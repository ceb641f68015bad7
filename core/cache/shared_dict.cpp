#include "cache/shared_dict.h"

#include <algorithm>
#include <limits>

namespace moongate {
namespace {

bool key_allowed(std::string_view key) { return !key.empty() && key.size() <= SharedDict::kMaxKey; }

BoundedStore::NewItem item_of(const SharedValue& value, MonoMs expires) {
  return {.text = value.kind == SharedValue::Kind::kText ? std::string_view(value.text) : std::string_view(),
          .number = value.number,
          .expires = expires,
          .flags = value.flags,
          .kind = value.kind};
}

}  // namespace

std::string_view to_string(SharedDict::Outcome outcome) {
  switch (outcome) {
    case SharedDict::Outcome::kOk: return "ok";
    case SharedDict::Outcome::kExists: return "exists";
    case SharedDict::Outcome::kNotFound: return "not found";
    case SharedDict::Outcome::kNoMemory: return "no memory";
    case SharedDict::Outcome::kNotNumber: return "not a number";
    case SharedDict::Outcome::kBadKey: return "the key must have 1 to 65535 bytes";
    case SharedDict::Outcome::kBadTtl: return "bad \"exptime\" argument";
  }
  return "unknown";
}

MonoMs SharedDict::deadline(std::int64_t ttl_ms, MonoMs now) const {
  if (ttl_ms == 0 || ttl_ms > std::numeric_limits<MonoMs>::max() - now) return 0;
  return now + ttl_ms;
}

bool SharedDict::get(std::string_view key, SharedValue& out) {
  if (!key_allowed(key)) return false;
  auto place = store_.lock(key, clock_.mono_ms());
  const auto* item = place.find();
  if (item == nullptr) return false;
  out.kind = item->kind;
  out.text.assign(item->text);
  out.number = item->number;
  out.flags = item->flags;
  return true;
}

SharedDict::Change SharedDict::put(std::string_view key, const SharedValue& value, std::int64_t ttl_ms, Condition when,
                                   bool may_evict) {
  if (!key_allowed(key)) return {Outcome::kBadKey};
  if (ttl_ms < 0) return {Outcome::kBadTtl};
  const MonoMs now = clock_.mono_ms();
  auto place = store_.lock(key, now);
  if (when != Condition::kAlways) {
    const bool there = place.find() != nullptr;
    if (when == Condition::kAbsent && there) return {Outcome::kExists};
    if (when == Condition::kPresent && !there) return {Outcome::kNotFound};
  }
  switch (place.put(item_of(value, deadline(ttl_ms, now)), may_evict)) {
    case BoundedStore::Put::kStored: return {};
    case BoundedStore::Put::kStoredEvicting: return {Outcome::kOk, true};
    case BoundedStore::Put::kNoRoom: break;
  }
  return {Outcome::kNoMemory};
}

SharedDict::Sum SharedDict::incr(std::string_view key, double by, std::optional<double> init,
                                 std::int64_t init_ttl_ms) {
  if (!key_allowed(key)) return {Outcome::kBadKey};
  if (init_ttl_ms < 0) return {Outcome::kBadTtl};
  const MonoMs now = clock_.mono_ms();
  auto place = store_.lock(key, now);
  if (auto* item = place.find()) {
    if (item->kind != BoundedStore::Kind::kNumber) return {Outcome::kNotNumber};
    item->number += by;
    return {Outcome::kOk, item->number};
  }
  if (!init) return {Outcome::kNotFound};
  const double sum = *init + by;
  BoundedStore::NewItem fresh;
  fresh.kind = BoundedStore::Kind::kNumber;
  fresh.number = sum;
  fresh.expires = deadline(init_ttl_ms, now);
  const auto put = place.put(fresh);
  if (put == BoundedStore::Put::kNoRoom) return {Outcome::kNoMemory};
  return {Outcome::kOk, sum, put == BoundedStore::Put::kStoredEvicting};
}

SharedDict::Change SharedDict::erase(std::string_view key) {
  if (!key_allowed(key)) return {Outcome::kBadKey};
  store_.lock(key, clock_.mono_ms()).erase();
  return {};
}

std::optional<std::int64_t> SharedDict::ttl(std::string_view key) {
  if (!key_allowed(key)) return std::nullopt;
  const MonoMs now = clock_.mono_ms();
  auto place = store_.lock(key, now);
  const auto* item = place.find();
  if (item == nullptr) return std::nullopt;
  return item->expires == 0 ? 0 : item->expires - now;
}

SharedDict::Change SharedDict::expire(std::string_view key, std::int64_t ttl_ms) {
  if (!key_allowed(key)) return {Outcome::kBadKey};
  if (ttl_ms < 0) return {Outcome::kBadTtl};
  const MonoMs now = clock_.mono_ms();
  auto place = store_.lock(key, now);
  auto* item = place.find();
  if (item == nullptr) return {Outcome::kNotFound};
  item->expires = deadline(ttl_ms, now);
  return {};
}

std::vector<std::string> SharedDict::keys(std::size_t limit) {
  std::vector<std::string> found;
  store_.keys(clock_.mono_ms(), limit, found);
  return found;
}

std::size_t SharedDict::free_bytes() const {
  const std::size_t used = store_.sizes().bytes;
  return used < capacity_bytes() ? capacity_bytes() - used : 0;
}

SharedDict* SharedDicts::open(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto found = dicts_.find(std::string(name));
  if (found != dicts_.end()) return found->second.get();
  if (dicts_.size() >= kMaxDicts) return nullptr;
  const std::uint64_t seed = seed_ + dicts_.size() * 0x9E3779B97F4A7C15u;
  auto made = std::make_unique<SharedDict>(entries_, bytes_, clock_, seed);
  return dicts_.emplace(name, std::move(made)).first->second.get();
}

}  // namespace moongate
