#include "oauth2-mock/oauth_service.h"

#include <algorithm>

#include "oauth2-mock/parts.h"
#include "oauth2-mock/routes.h"

namespace moongate {

std::string OAuthSettings::url(std::string_view path) const {
  std::string_view base = public_url;
  while (base.ends_with('/')) base.remove_suffix(1);
  return std::string(base) + std::string(path);
}

struct OAuthService::State {
  State(Store& store_in, const Clock& clock_in, Random& random_in, const Logger& log_in,
        OAuthSettings settings_in, const Secret& master_key, Publisher publisher)
      : settings(std::move(settings_in)),
        store(store_in),
        clock(clock_in),
        token_box(access_token_box(master_key)),
        form_key(hkdf_sha256(master_key.reveal(), "moongate", "consent form 1", 32)),
        verifier(token_box, token_endpoint_audiences(settings.public_url), settings.clock_skew_s),
        directory(store, clock, log_in, verifier, std::move(publisher), settings.demo_client),
        keys(store, clock, random_in, SealedBox::derive(master_key.reveal(), kSigningKeyPurpose),
             settings.signing_key_days),
        parts{settings,  store,    clock,     random_in, log_in, verifier,
              token_box, form_key, directory, keys,      codes,  admit} {}

  OAuthSettings settings;
  Store& store;
  const Clock& clock;
  SealedBox token_box;
  std::string form_key;
  TokenVerifier verifier;
  AccountDirectory directory;
  KeyRing keys;
  AuthorizationCodes codes;
  Admission admit;
  OAuthParts parts;
};

OAuthService::OAuthService(Store& store, const Clock& clock, Random& random, const Logger& log,
                           OAuthSettings settings, const Secret& master_key, Publisher publisher)
    : state_(std::make_unique<State>(store, clock, random, log, std::move(settings), master_key,
                                     std::move(publisher))) {}

OAuthService::~OAuthService() = default;

void OAuthService::set_admission(Admission admit) { state_->admit = std::move(admit); }

Status OAuthService::start() {
  if (Status ok = state_->keys.refresh(); !ok) return ok;
  return state_->directory.reload();
}

Status OAuthService::refresh() {
  if (Status ok = state_->store.erase_expired(state_->clock.unix_seconds()); !ok) return ok;
  return start();
}

bool OAuthService::serves(const HttpRequest& request) const { return find_route(request).known; }

HttpResponse OAuthService::handle(const HttpRequest& request) { return run_route(state_->parts, request); }

const TokenVerifier& OAuthService::verifier() const { return state_->verifier; }

}  // namespace moongate
