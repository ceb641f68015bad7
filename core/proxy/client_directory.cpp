#include "proxy/client_directory.h"

namespace moongate {
namespace {

constexpr std::size_t kKeptTokens = 10'000;
constexpr std::size_t kMaxCredentialBytes = 16 * 1024;

}  // namespace

ClientDirectory::ClientDirectory(const TokenVerifier& verifier, const Clock& clock)
    : verifier_(verifier), clock_(clock) {}

void ClientDirectory::set_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  static_.clear();
}

std::shared_ptr<const Identity> ClientDirectory::static_identity(const Client& client) {
  auto& kept = static_[&client];
  if (!kept) {
    Identity identity;
    identity.client = client.id;
    identity.kind = "static";
    identity.service_type = client.service_type;
    identity.gemini_accounts = client.gemini_accounts;
    identity.claude_accounts = client.claude_accounts;
    kept = std::make_shared<const Identity>(std::move(identity));
  }
  return kept;
}

Result<std::shared_ptr<const Identity>> ClientDirectory::find(std::string_view credential) {
  if (snapshot_ && snapshot_->clients) {
    if (const Client* client = snapshot_->clients->find(credential)) return static_identity(*client);
  }
  if (credential.size() <= kMaxCredentialBytes && TokenVerifier::is_candidate(credential)) return find_token(credential);
  return Error(ErrorKind::kUnauthenticated, "The credential is not known to this gateway.", ErrorSource::kClient);
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
    if (now < kept->second.expires_at_s) return kept->second.identity;
    tokens_.erase(kept);
  }
  auto verified = verifier_.verify(credential, now);
  if (!verified) return verified.error();

  std::shared_ptr<const Identity> identity;
  if (const auto known = virtual_.find(verified->subject()); known != virtual_.end()) identity = known->second;
  if (!identity) {
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
        return Error(ErrorKind::kUnauthenticated, "The account may use no provider that this gateway has.",
                     ErrorSource::kClient);
      }
    }
    identity = std::make_shared<const Identity>(std::move(made));
    virtual_.emplace(verified->subject(), identity);
  }
  tokens_.emplace(key, Kept{identity, verified->expires_at_s});
  return identity;
}

}  // namespace moongate
