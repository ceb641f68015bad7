// The admin API: users, clients, keys, upstream accounts, prices, usage and money under /api/admin/.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "config/map.h"
#include "config/settings.h"
#include "control/operator_hooks.h"
#include "control/price_hooks.h"
#include "crypto/random.h"
#include "crypto/sealed_box.h"
#include "http/message.h"
#include "identity/caller.h"
#include "store/store.h"

namespace moongate {

struct AdminOptions {
  Settings settings;               // token_hosts, billing
  MapHooks map_hooks;              // check_private_key, for credentials that are put in
  SealedBox credential_box;        // SealedBox::derive(master key, kUpstreamCredentialPurpose)
};

// What the service asks of the process around it. Each may be empty; they are called on the handler's thread.
struct AdminHooks {
  // Users, clients, keys or accounts have changed in the store: tell the other gateways.
  std::function<void()> directory_changed;
  // Balances moved by hand, for whoever holds them in memory.
  std::function<void(const std::string& user_id)> balance_changed;
  // Prices of the store have changed: load them.
  std::function<void()> prices_changed;
  PriceHooks prices;
  // The members of GET /status as a JSON object; empty: nothing to add.
  std::function<std::string()> status;
  OperatorHooks configuration;
  // Who sent a request; empty: the admin token and the local socket alone are known.
  Admission admit;
};

class AdminService {
 public:
  // The references must outlive the service.
  AdminService(Store& store, const Clock& clock, Random& random, const Logger& log, AdminOptions options, AdminHooks hooks);
  ~AdminService();
  AdminService(const AdminService&) = delete;
  AdminService& operator=(const AdminService&) = delete;

  // Whether the path is one of ours (docs/admin-api.md), whatever the method.
  bool serves(const HttpRequest& request) const;
  // For whoever is admitted with the role that the route asks for; others get 401 before anything is read, or 403.
  // Blocks on the store; safe from several threads. Changes are made one after the other.
  HttpResponse handle(const HttpRequest& request);
  // Map and policy as they lie on the disk become versions, if they are none yet: at the start, and after a change by hand.
  void keep_found_versions();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moongate
