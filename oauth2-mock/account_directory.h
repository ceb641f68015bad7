// The store's accounts, clients and revocations as the snapshot that tokens are checked against.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "identity/token_verifier.h"
#include "store/store.h"

namespace moongate {

// Safe from any thread.
class AccountDirectory {
 public:
  using Publisher = std::function<void(std::shared_ptr<const IdentitySnapshot>)>;

  // `verifier` gets each snapshot first, then `publisher` when there is one. The references must outlive
  // this.
  AccountDirectory(Store& store, const Clock& clock, const Logger& log, TokenVerifier& verifier,
                   Publisher publisher, bool demo_client);

  // Reads everything and publishes it; after each change, and now and then for the changes of other
  // processes. On an error the snapshot before stays.
  Status reload();

  std::shared_ptr<const IdentitySnapshot> snapshot() const { return verifier_.snapshot(); }
  // The account behind the metadata face, when one is chosen and enabled.
  std::shared_ptr<const VirtualAccount> metadata_account() const;

 private:
  std::shared_ptr<const VirtualAccount> account_of(const VirtualAccountRecord& record) const;

  Store& store_;
  const Clock& clock_;
  const Logger& log_;
  TokenVerifier& verifier_;
  Publisher publisher_;
  bool demo_client_;
  std::mutex reloading_;
  mutable std::mutex mutex_;  // guards metadata_id_
  std::string metadata_id_;
};

}  // namespace moongate
