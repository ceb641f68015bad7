// Access tokens of real (and simulated) Google service accounts: minted by the JWT-bearer grant, kept, renewed early,
// once at a time.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "cache/cache.h"
#include "config/map.h"
#include "crypto/random.h"
#include "crypto/rsa_key.h"
#include "crypto/sealed_box.h"
#include "upstream/http_client.h"

namespace moongate {

struct MintedToken {
  Secret bearer;               // "Bearer ya29.…", as it goes into the header
  std::int64_t expires_at = 0; // unix seconds
};

// Shared by all workers; thread-safe. A credential that keeps failing is left alone for 1, 2, 4 … 60 seconds, so that
// Google is not hammered; requests meanwhile fail at once with the last reason.
class TokenSource {
 public:
  TokenSource(const Clock& clock, const Logger& logger) : clock_(clock), logger_(logger) {}

  // Before the first token: from now on token() shares tokens over the cache that it is given, sealed in this box (of a
  // key that all gateways have). `random` must outlive this.
  void share(SealedBox box, Random& random) {
    box_ = std::move(box);
    random_ = &random;
  }

  // The token when one is held and has more than a minute to live; otherwise nullptr. Does not suspend.
  std::shared_ptr<const MintedToken> cached(const Credential& credential);
  // The same, minting when there is none; who comes while another worker mints waits for that. A token in its last
  // five minutes is renewed in the background. kUnavailable (the circuit is open), kUnauthenticated (Google refused:
  // the message names the account and Google's reason), kInvalid (a private key that is none), kConnect, kTimeout.
  Task<Result<std::shared_ptr<const MintedToken>>> token(Reactor& reactor, ConnectionPool& pool,
                                                         std::shared_ptr<const Credential> credential,
                                                         Cache* shared = nullptr);
  // The upstream has refused this very token ("Bearer …"): forget it, unless another has taken its place already. True:
  // asking again with what token() gives now is worth it. False: a new one was refused moments ago, too (the account is
  // not allowed what it is asked for), and another would only hammer the token endpoint; this one is kept.
  bool drop(const Credential& credential, const Secret& refused);

  // The token that is held, however little of its life is left; nullptr: none. For whoever shows what there is.
  std::shared_ptr<const MintedToken> held(const Credential& credential) const;
  // Forgets the token and whatever keeps a new one from being asked for: the next request mints one. False: there was none.
  bool forget(const Credential& credential);
  // Takes it from the cache that gateways share, too, so that none of them takes it over from there.
  static Task<void> forget_shared(std::shared_ptr<const Credential> credential, Cache& shared);

  struct Counts {
    std::uint64_t minted = 0;
    std::uint64_t failed = 0;
    std::uint64_t dropped = 0;
    std::uint64_t shared = 0;  // taken over from another gateway
  };
  Counts counts() const;

 private:
  struct Waiter {
    Reactor* reactor = nullptr;
    Signal* signal = nullptr;
  };
  struct Entry {
    std::shared_ptr<const MintedToken> token;
    bool minting = false;
    std::vector<Waiter> waiters;   // each stays in its frame until it is woken: minting always ends
    int failures = 0;
    std::int64_t dropped_at_ms = 0;  // monotonic; 0: never
    std::int64_t retry_at_ms = 0;  // monotonic
    std::string failure;
    ErrorKind failure_kind = ErrorKind::kUnavailable;
    std::shared_ptr<const RsaPrivateKey> key;  // parsed once
    Secret refused;  // the last one that was dropped: not to be taken from the cache again
  };

  static std::string key_of(const Credential& credential);
  Task<void> mint(Reactor& reactor, ConnectionPool& pool, std::shared_ptr<const Credential> credential,
                  std::string key, Cache* shared);
  Task<std::optional<MintedToken>> take_shared(Cache* shared, const std::string& key);
  Task<void> give_shared(Cache* shared, const std::string& key, MintedToken token);
  Task<Result<MintedToken>> ask(Reactor& reactor, ConnectionPool& pool, const Credential& credential,
                                std::shared_ptr<const RsaPrivateKey> parsed);

  const Clock& clock_;
  const Logger& logger_;
  std::optional<SealedBox> box_;
  Random* random_ = nullptr;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  Counts counts_;
};

}  // namespace moongate
