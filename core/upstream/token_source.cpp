#include "upstream/token_source.h"

#include <algorithm>
#include <charconv>

#include "crypto/hash.h"
#include "crypto/json_object.h"
#include "crypto/jwt.h"
#include "http/message.h"

namespace moongate {
namespace {

constexpr std::int64_t kRenewSeconds = 300;   // the last part of a token's life, in which it is renewed
constexpr std::int64_t kUsableSeconds = 60;   // less than this is not begun with
constexpr std::int64_t kMaxLifeSeconds = 86'400;  // whatever the endpoint says
constexpr std::int64_t kMaxBackoffMs = 60'000;
constexpr std::int64_t kDropPauseMs = 30'000;  // between two tokens thrown away because an upstream refused them
constexpr std::string_view kScope = "https://www.googleapis.com/auth/cloud-platform";
constexpr std::string_view kGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + "\"";
}

std::string assertion_claims(const Credential& credential, std::int64_t now) {
  return "{\"iss\":" + quoted(credential.client_email) + ",\"scope\":" + quoted(kScope) +
         ",\"aud\":" + quoted(credential.token_uri) + ",\"iat\":" + std::to_string(now) +
         ",\"exp\":" + std::to_string(now + 3600) + "}";
}

// The account's name is no secret, but no business of whoever looks into the cache.
std::string shared_key(const std::string& key) { return "mg:token:" + sha256_hex(key); }

}  // namespace

std::string TokenSource::key_of(const Credential& credential) {
  return credential.client_email + "\n" + credential.private_key_id + "\n" + credential.token_uri;
}

std::shared_ptr<const MintedToken> TokenSource::cached(const Credential& credential) {
  const std::int64_t now = clock_.unix_seconds();
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_of(credential));
  if (found == entries_.end() || !found->second.token) return nullptr;
  const Entry& entry = found->second;
  if (entry.token->expires_at - now <= kUsableSeconds) return nullptr;
  // In its last minutes token() is asked, which renews it beside the requests that go on with it.
  const bool renewal_due = entry.token->expires_at - now <= kRenewSeconds;
  if (renewal_due && !entry.minting && clock_.mono_ms() >= entry.retry_at_ms) return nullptr;
  return entry.token;
}

Task<Result<std::shared_ptr<const MintedToken>>> TokenSource::token(Reactor& reactor, ConnectionPool& pool,
                                                                    std::shared_ptr<const Credential> credential,
                                                                    Cache* shared) {
  const std::string key = key_of(*credential);
  Signal signal(reactor);
  for (bool waited = false;; waited = true) {
    bool start = false;
    std::shared_ptr<const MintedToken> usable;
    {
      std::lock_guard lock(mutex_);
      Entry& entry = entries_[key];
      const std::int64_t now = clock_.unix_seconds();
      const bool circuit_open = clock_.mono_ms() < entry.retry_at_ms;
      if (entry.token && entry.token->expires_at - now > kUsableSeconds) usable = entry.token;
      const bool wanted = !usable || usable->expires_at - now <= kRenewSeconds;
      if (wanted && !entry.minting && !circuit_open) {
        if (!usable && waited) co_return Error(entry.failure_kind, entry.failure, ErrorSource::kUpstream);
        entry.minting = start = true;
      }
      if (!usable) {
        if (!start && !entry.minting) {
          co_return Error(entry.failure_kind, entry.failure, ErrorSource::kUpstream, Retry::kYes);
        }
        entry.waiters.push_back({&reactor, &signal});
      }
    }
    if (start) spawn(mint(reactor, pool, credential, key, shared));
    if (usable) co_return usable;
    co_await signal.wait();  // mint() has a deadline of its own and always wakes its waiters
  }
}

Task<void> TokenSource::mint(Reactor& reactor, ConnectionPool& pool, std::shared_ptr<const Credential> credential,
                             std::string key, Cache* shared) {
  std::shared_ptr<const RsaPrivateKey> parsed;
  {
    std::lock_guard lock(mutex_);
    parsed = entries_[key].key;
  }
  Result<MintedToken> minted = Error(ErrorKind::kInternal, "no token was asked for");
  std::optional<MintedToken> found = co_await take_shared(shared, key);
  if (found) minted = std::move(*found);
  if (!minted && !parsed) {
    auto fresh = RsaPrivateKey::from_pem(credential->private_key_pem.reveal());
    if (fresh) {
      parsed = std::make_shared<const RsaPrivateKey>(std::move(*fresh));
    } else {
      minted = fresh.error().wrap("the private key in " + credential->name + " cannot be used");
    }
  }
  if (!minted && parsed) {
    minted = co_await ask(reactor, pool, *credential, parsed);
    if (minted) co_await give_shared(shared, key, *minted);
  }

  std::vector<Waiter> waiters;
  {
    std::lock_guard lock(mutex_);
    Entry& entry = entries_[key];
    entry.minting = false;
    entry.key = parsed;
    if (minted) {
      ++(found ? counts_.shared : counts_.minted);
      entry.token = std::make_shared<const MintedToken>(std::move(*minted));
      entry.failures = 0;
      entry.retry_at_ms = 0;
      entry.failure.clear();
    } else {
      ++counts_.failed;
      const std::int64_t backoff = std::min<std::int64_t>(kMaxBackoffMs, 1000LL << std::min(entry.failures, 6));
      ++entry.failures;
      entry.retry_at_ms = clock_.mono_ms() + backoff;
      entry.failure = minted.error().describe();
      entry.failure_kind = minted.error().kind;
    }
    waiters.swap(entry.waiters);
  }
  if (!minted) {
    logger_.error("cannot mint an access token", {{"account", credential->name},
                                                  {"token_uri", credential->token_uri},
                                                  {"reason", minted.error().describe()}});
  }
  for (const Waiter& waiter : waiters) {
    waiter.reactor->post([signal = waiter.signal] { signal->notify(); });
  }
}

// What another gateway has minted, unless it is about to run out or was refused here.
Task<std::optional<MintedToken>> TokenSource::take_shared(Cache* shared, const std::string& key) {
  if (shared == nullptr || !box_) co_return std::nullopt;
  const auto sealed = co_await shared->get(shared_key(key));
  if (!sealed || !*sealed) co_return std::nullopt;
  const auto text = box_->open(**sealed, key);
  if (!text) co_return std::nullopt;
  MintedToken token;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), token.expires_at);
  if (error != std::errc() || end == text->data() + text->size()) co_return std::nullopt;
  token.bearer = Secret(std::string(end + 1, text->data() + text->size()));
  if (token.expires_at - clock_.unix_seconds() <= kRenewSeconds) co_return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (entries_[key].refused.reveal() == token.bearer.reveal()) co_return std::nullopt;
  co_return token;
}

Task<void> TokenSource::give_shared(Cache* shared, const std::string& key, MintedToken token) {
  if (shared == nullptr || !box_) co_return;
  const std::int64_t lives_ms = (token.expires_at - clock_.unix_seconds()) * 1000;
  const std::string sealed = box_->seal(std::to_string(token.expires_at) + "\n" + token.bearer.reveal(), key, *random_);
  const std::string name = shared_key(key);
  static_cast<void>(co_await shared->set(name, sealed, lives_ms));  // at best: others mint their own
}

Task<Result<MintedToken>> TokenSource::ask(Reactor& reactor, ConnectionPool& pool, const Credential& credential,
                                           std::shared_ptr<const RsaPrivateKey> parsed) {
  const std::int64_t now = clock_.unix_seconds();
  FetchRequest request;
  request.method = "POST";
  if (auto status = parse_url(credential.token_uri, request.endpoint, request.target); !status) {
    co_return status.error();
  }
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.headers.emplace_back("Accept", "application/json");
  request.body = "grant_type=" + url_encode(kGrant) + "&assertion=" +
                 sign_rs256_jwt(*parsed, credential.private_key_id, assertion_claims(credential, now));
  auto answer = co_await fetch(reactor, pool, std::move(request));
  if (!answer) co_return answer.error();
  auto json = parse_json_object(answer->body);
  if (answer->status != 200) {
    std::string why = "HTTP " + std::to_string(answer->status);
    if (json) {
      why += " " + json_string(*json, "error").value_or("") + ": " +
             json_string(*json, "error_description").value_or("no description");
    }
    co_return Error(answer->status >= 500 ? ErrorKind::kUnavailable : ErrorKind::kUnauthenticated,
                    "the token endpoint refused " + credential.name + ": " + why, ErrorSource::kUpstream);
  }
  if (!json) co_return json.error().wrap("the token endpoint's answer is not understood");
  const auto token = json_string(*json, "access_token");
  if (!token || token->empty()) {
    co_return Error(ErrorKind::kProtocol, "the token endpoint's answer holds no access_token", ErrorSource::kUpstream);
  }
  MintedToken minted;
  minted.bearer = Secret("Bearer " + *token);
  const std::int64_t lives_s = std::min(json_integer(*json, "expires_in").value_or(3599), kMaxLifeSeconds);
  if (lives_s <= kUsableSeconds) {
    co_return Error(ErrorKind::kProtocol, "the token endpoint's tokens live " + std::to_string(lives_s) +
                                              " s; more than " + std::to_string(kUsableSeconds) + " are needed",
                    ErrorSource::kUpstream);
  }
  minted.expires_at = now + lives_s;
  co_return minted;
}

bool TokenSource::drop(const Credential& credential, const Secret& refused) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_of(credential));
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  if (!entry.token || entry.token->bearer.reveal() != refused.reveal()) return true;  // replaced meanwhile
  const std::int64_t now = clock_.mono_ms();
  if (entry.dropped_at_ms != 0 && now - entry.dropped_at_ms < kDropPauseMs) return false;
  entry.dropped_at_ms = now;
  entry.refused = entry.token->bearer;
  entry.token.reset();
  ++counts_.dropped;
  return true;
}

std::shared_ptr<const MintedToken> TokenSource::held(const Credential& credential) const {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_of(credential));
  return found == entries_.end() ? nullptr : found->second.token;
}

bool TokenSource::forget(const Credential& credential) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(key_of(credential));
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  const bool had = entry.token != nullptr;
  if (had) entry.refused = entry.token->bearer;
  entry.token.reset();
  entry.dropped_at_ms = entry.retry_at_ms = 0;
  entry.failures = 0;
  return had;
}

Task<void> TokenSource::forget_shared(std::shared_ptr<const Credential> credential, Cache& shared) {
  const std::string name = shared_key(key_of(*credential));
  static_cast<void>(co_await shared.erase(name));  // at best: what is refused is asked for anew in any case
}

TokenSource::Counts TokenSource::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace moongate
