#include "people/usage_owner.h"

#include <algorithm>

#include "identity/api_key.h"

namespace moongate {
namespace {

constexpr int kMissesPerAddress = 100;

// False: its terms cannot be read, and whoever comes under it may nothing.
bool add_level(UsageOwner& owner, LimitLevel level, const std::string& id, const std::string& name, const std::string& text) {
  const Result<Terms> terms = parse_terms(text);
  if (!terms) return false;
  owner.levels.push_back({level, id, name, *terms});
  return true;
}

bool holds(const UsageOwner& owner, const HttpRequest& request, std::int64_t now_s) {
  return std::all_of(owner.levels.begin(), owner.levels.end(), [&](const OwnerLevel& each) {
    return (each.terms.expires_at_s == 0 || now_s < each.terms.expires_at_s) &&
           (request.trusted || each.terms.allows_address(request.remote_address));
  });
}

// The store's part: the key where there is one, its client, who pays. False: something of it is disabled.
bool add_holder(UsageOwner& owner, const KeyHolder& holder, std::int64_t now_s) {
  if (!holder.key.id.empty()) {
    if (!holder.key.enabled || (holder.key.expires_at_s != 0 && now_s >= holder.key.expires_at_s)) return false;
    owner.key = holder.key;
    if (!add_level(owner, LimitLevel::kKey, holder.key.id, holder.key.prefix, holder.key.terms)) return false;
  }
  if (!holder.client.id.empty()) {
    if (!holder.client.enabled) return false;
    if (!add_level(owner, LimitLevel::kClient, holder.client.id, holder.client.name, holder.client.terms)) return false;
  }
  if (holder.user.id.empty()) return true;
  owner.user = holder.user;
  return holder.user.enabled && add_level(owner, LimitLevel::kUser, holder.user.id, holder.user.name, holder.user.terms);
}

HttpResponse unknown_key() {
  HttpResponse refused = api_error(401, "UNAUTHENTICATED", "The key is not known, is disabled or has expired.");
  set_header(refused, "WWW-Authenticate", "Bearer realm=\"moongate\"");
  return refused;
}

}  // namespace

std::string_view presented_key(const HttpRequest& request) {
  for (const std::string_view header : {"X-Api-Key", "X-Goog-Api-Key", "X-Auth-Token"}) {
    if (const std::string_view key = find_header(request.headers, header); !key.empty()) return key;
  }
  const std::string_view bearer = bearer_of(request);
  return bearer;
}

Result<std::optional<UsageOwner>> owner_of_key(PeopleParts& parts, std::string_view credential, const HttpRequest& request) {
  using None = std::optional<UsageOwner>;
  const std::int64_t now_s = parts.admin.now_s();
  UsageOwner owner;
  if (const auto other = parts.hooks.other_client ? parts.hooks.other_client(credential) : std::nullopt) {
    owner.client = other->name;
    owner.levels.push_back({LimitLevel::kClient, other->level_id, other->name, other->terms});
    auto holder = parts.store().find_holder_by_client(other->name);
    if (!holder) return holder.error();
    if (*holder && !add_holder(owner, **holder, now_s)) return None();
    if (owner.user.id.empty() && !other->user_name.empty()) {
      const auto user = parts.store().find_user_by_name(other->user_name);
      if (!user) return user.error();
      KeyHolder payer;
      if (*user) payer.user = **user;
      if (!add_holder(owner, payer, now_s)) return None();
    }
  } else {
    if (!is_api_key_candidate(credential)) return None();
    const auto holder = parts.store().find_holder(api_key_digest(credential));
    if (!holder) return holder.error();
    if (!*holder || !add_holder(owner, **holder, now_s)) return None();
    owner.client = (*holder)->client.name;
  }
  if (!holds(owner, request, now_s)) return None();
  return None(std::move(owner));
}

OrReply<UsageOwner> usage_owner(PeopleParts& parts, const PeopleCall& call) {
  const std::string_view credential = presented_key(call.request);
  if (!credential.empty() && !call.request.trusted) {
    auto owner = owner_of_key(parts, credential, call.request);
    if (!owner) return store_refused(parts.admin, owner.error());
    if (*owner) return std::move(**owner);
    const bool of_session = looks_like_jwt(credential) && credential == bearer_of(call.request);
    if (!of_session) {
      if (auto refused = parts.throttle.spend("key", throttled_address(call.request.remote_address), kMissesPerAddress)) {
        return std::move(*refused);
      }
      return unknown_key();
    }
  }
  OrReply<Caller> caller = parts.gate.admit(call.request);
  if (auto* refused = std::get_if<HttpResponse>(&caller)) return std::move(*refused);
  OrReply<UserRecord> user = account_of(parts, {call.request, call.name, std::get<Caller>(caller)});
  if (auto* refused = std::get_if<HttpResponse>(&user)) return std::move(*refused);
  UsageOwner owner;
  owner.user = std::move(std::get<UserRecord>(user));
  if (!add_level(owner, LimitLevel::kUser, owner.user.id, owner.user.name, owner.user.terms)) {
    return store_refused(parts.admin, Error(ErrorKind::kInternal, "the terms of the user " + owner.user.name + " cannot be read"));
  }
  return owner;
}

}  // namespace moongate
