// The mock Google OAuth2 as one handler: every endpoint of docs/oauth2.md.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/random.h"
#include "http/message.h"
#include "identity/caller.h"
#include "identity/token_verifier.h"
#include "oauth2-mock/oauth_settings.h"
#include "store/store.h"

namespace moongate {

class OAuthService {
 public:
  using Publisher = std::function<void(std::shared_ptr<const IdentitySnapshot>)>;

  // The references must outlive the service. `publisher` (may be empty) is called with each new snapshot,
  // from the thread that made the change, before the change is answered.
  OAuthService(Store& store, const Clock& clock, Random& random, const Logger& log, OAuthSettings settings,
               const Secret& master_key, Publisher publisher);
  ~OAuthService();
  OAuthService(const OAuthService&) = delete;
  OAuthService& operator=(const OAuthService&) = delete;

  // Who may use the administration under /api/admin/; before handle(). Without it the admin token and the local socket.
  void set_admission(Admission admit);

  // Reads accounts and signing keys (makes the first), publishes the first snapshot. Call it once before
  // handle(). Error: what the store says, or that its keys were sealed with another master key.
  Status start();

  // To be called every minute or so: forgets what has expired, takes over what other processes changed in the
  // store, rotates the signing key when it is due. Errors are for the log; everything goes on as it was.
  Status refresh();

  // Whether the request is for us. "/" is, only when a library looks for a metadata server there.
  bool serves(const HttpRequest& request) const;

  // 404 for what serves() refuses, 405 with Allow for a method that the path does not take. Blocks (store,
  // RSA); safe from several threads at once.
  HttpResponse handle(const HttpRequest& request);

  // What Bearers of ours are worth; for the gateway's workers too. Lives as long as the service.
  const TokenVerifier& verifier() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moongate
