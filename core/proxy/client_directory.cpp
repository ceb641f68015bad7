#include "proxy/client_directory.h"

#include "identity/api_key.h"

namespace moongate {
namespace {

constexpr std::size_t kKeptTokens = 10'000;
constexpr std::size_t kKeptKeys = 100'000;
constexpr std::size_t kMaxCredentialBytes = 16 * 1024;

Error refused(const char* why) { return Error(ErrorKind::kUnauthenticated, why, ErrorSource::kClient); }

// `terms` join the levels, with what of them counts for the identity as a whole.
void add_level(Identity& identity, std::string_view level, std::string id, std::string title,
               std::shared_ptr<const Terms> terms) {
  if (identity.markup_ppm < 0) identity.markup_ppm = terms->markup_ppm;
  if (terms->expires_at_s != 0 && (identity.expires_at_s == 0 || terms->expires_at_s < identity.expires_at_s)) {
    identity.expires_at_s = terms->expires_at_s;
  }
  identity.trace = identity.trace || terms->trace;
  identity.levels.push_back({level, std::move(id), std::move(title), std::move(terms)});
}

void add_level(Identity& identity, std::string_view level, std::string id, std::string title, const Terms& terms) {
  if (terms == Terms()) return;
  add_level(identity, level, std::move(id), std::move(title), std::make_shared<const Terms>(terms));
}

}  // namespace

ClientDirectory::ClientDirectory(const TokenVerifier& verifier, KeyDirectory* keys, const Clock& clock)
    : verifier_(verifier), keys_(keys), clock_(clock) {}

void ClientDirectory::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  static_.clear();
}

void ClientDirectory::set_stored(std::shared_ptr<const StoredClients> stored) {
  stored_ = std::move(stored);
  static_.clear();
  virtual_.clear();
  tokens_.clear();
}

Result<std::shared_ptr<const Identity>> ClientDirectory::in_time(std::shared_ptr<const Identity> identity) const {
  if (!identity) return refused("The credential is disabled.");
  if (identity->expires_at_s != 0 && clock_.unix_seconds() >= identity->expires_at_s) {
    return refused("The credential has expired.");
  }
  return identity;
}

Result<std::shared_ptr<const Identity>> ClientDirectory::find(std::string_view credential, std::string* digest) {
  if (snapshot_ && snapshot_->clients) {
    if (const Client* client = snapshot_->clients->find(credential)) return find_static(*client);
  }
  if (inner_ != nullptr && InnerTokens::is_candidate(credential)) return find_inner(credential);
  if (keys_ != nullptr && is_api_key_candidate(credential)) return find_key(credential, digest);
  if (credential.size() <= kMaxCredentialBytes && TokenVerifier::is_candidate(credential)) return find_token(credential);
  return refused("The credential is not known to this gateway.");
}

bool ClientDirectory::add_stored(Identity& identity) const {
  const StoredClient* stored = stored_ ? stored_->find(identity.client) : nullptr;
  if (stored == nullptr) return true;
  if (!stored->enabled) return false;
  add_level(identity, "client", stored->id, identity.client, stored->terms);
  if (stored->user_id.empty()) return true;
  identity.user_id = stored->user_id;
  identity.user_name = stored->user_name;
  add_level(identity, "user", stored->user_id, stored->user_name, stored->user_terms);
  return true;
}

Result<std::shared_ptr<const Identity>> ClientDirectory::find_static(const Client& client) {
  const auto [kept, fresh] = static_.try_emplace(&client);
  if (!fresh) return in_time(kept->second);
  Identity identity;
  identity.client = client.id;
  identity.kind = "static";
  identity.service_type = client.service_type;
  identity.gemini_accounts = client.gemini_accounts;
  identity.claude_accounts = client.claude_accounts;
  add_level(identity, "client", client.id, client.id, client.terms);
  bool enabled = add_stored(identity);
  if (enabled && identity.user_id.empty() && !client.user.empty()) {
    // A user that the store does not know (any more) must not make the client free of charge.
    const StoredUser* user = stored_ ? stored_->find_user(client.user) : nullptr;
    enabled = user != nullptr && user->enabled;
    if (enabled) {
      identity.user_id = user->id;
      identity.user_name = user->name;
      add_level(identity, "user", user->id, user->name, user->terms);
    }
  }
  if (enabled) kept->second = std::make_shared<const Identity>(std::move(identity));
  return in_time(kept->second);
}

Result<std::shared_ptr<const Identity>> ClientDirectory::make_key_identity(const KeyHolder& holder) const {
  const auto& [key, client, user] = holder;
  if (!key.enabled || !client.enabled || (!client.user_id.empty() && !user.enabled)) {
    return refused("The credential is disabled.");
  }
  Identity identity;
  identity.client = client.name;
  identity.kind = "key";
  identity.key_id = key.id;
  identity.expires_at_s = key.expires_at_s;
  const auto add = [&identity](std::string_view level, const std::string& id, const std::string& title,
                               const std::string& json) {
    auto terms = parse_terms(json);
    if (!terms) return false;  // a limit that we do not understand must not become none
    add_level(identity, level, id, title, std::make_shared<const Terms>(std::move(*terms)));
    return true;
  };
  bool readable = add("key", key.id, key.prefix + "…", key.terms) && add("client", client.id, client.name, client.terms);
  if (readable && !client.user_id.empty()) {
    identity.user_id = user.id;
    identity.user_name = user.name;
    readable = add("user", user.id, user.name, user.terms);
  }
  if (!readable) return refused("The credential's terms cannot be read; ask the operator of this gateway.");
  return std::shared_ptr<const Identity>(std::make_shared<const Identity>(std::move(identity)));
}

// A client by its name: of the map, with all that the map says, else of the store as it was when the token was made.
Result<std::shared_ptr<const Identity>> ClientDirectory::find_inner(std::string_view credential) {
  const std::optional<InnerTokens::Bearer> bearer = inner_->find(credential);
  if (!bearer) return refused("The credential is not known to this gateway.");
  if (bearer->of_map) {
    for (const Client& client : snapshot_->map->clients) {
      if (client.enabled && client.id == bearer->holder.client.name) return find_static(client);
    }
    return refused("The client is not in the map any more.");
  }
  auto made = make_key_identity(bearer->holder);
  if (!made) return made;
  Identity identity = **made;
  identity.kind = "session";
  return in_time(std::make_shared<const Identity>(std::move(identity)));
}

Result<std::shared_ptr<const Identity>> ClientDirectory::find_key(std::string_view credential, std::string* wanted) {
  const std::string digest = api_key_digest(credential);
  std::shared_ptr<const KeyHolder> holder;
  switch (keys_->find(digest, holder)) {
    case KeyDirectory::Found::kNotYet:
      if (wanted != nullptr) *wanted = digest;
      return Error(ErrorKind::kUnavailable, "The credential has to be looked up.");
    case KeyDirectory::Found::kNobody: return refused("The credential is not known to this gateway.");
    case KeyDirectory::Found::kHolder: break;
  }
  auto kept = by_digest_.find(digest);
  if (kept == by_digest_.end() || kept->second.holder != holder) {
    if (by_digest_.size() > kKeptKeys) by_digest_.clear();
    kept = by_digest_.insert_or_assign(digest, KeptKey{holder, make_key_identity(*holder)}).first;
  }
  if (!kept->second.identity) return kept->second.identity;
  return in_time(*kept->second.identity);
}

Result<std::shared_ptr<const Identity>> ClientDirectory::find_token(std::string_view credential) {
  const std::int64_t now = clock_.unix_seconds();
  const std::uint64_t generation = verifier_.generation();
  if (generation != token_generation_ || tokens_.size() > kKeptTokens) {
    tokens_.clear();
    virtual_.clear();
    token_generation_ = generation;
  }
  const std::string key(credential);
  if (const auto kept = tokens_.find(key); kept != tokens_.end()) {
    if (now < kept->second.expires_at_s) return in_time(kept->second.identity);
    tokens_.erase(kept);
  }
  auto verified = verifier_.verify(credential, now);
  if (!verified) return verified.error();

  auto known = virtual_.find(verified->subject());
  if (known == virtual_.end()) {
    Identity made;
    made.client = verified->subject();
    made.kind = verified->kind == VerifiedToken::Kind::kSelfSignedJwt ? "virtual-jwt" : "virtual-token";
    if (verified->account) {
      made.client = verified->account->email;
      made.models = verified->account->models;
      for (const std::string& name : verified->account->providers) {
        if (const auto provider = parse_provider(name)) made.providers.push_back(*provider);
      }
      if (made.providers.empty() && !verified->account->providers.empty()) {  // an empty list would mean all of them
        return refused("The account may use no provider that this gateway has.");
      }
    }
    const bool enabled = add_stored(made);
    known = virtual_.emplace(verified->subject(),
                             enabled ? std::make_shared<const Identity>(std::move(made)) : nullptr).first;
  }
  tokens_.emplace(key, Kept{known->second, verified->expires_at_s});
  return in_time(known->second);
}

}  // namespace moongate
