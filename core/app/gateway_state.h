// Everything of a gateway that has to do with the store and with money, made in order and ended in order: keys, prices,
// the ledger's spool and its shipper, the admin API.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/key_lookup.h"
#include "app/news.h"
#include "app/state_keeper.h"
#include "cache/cache.h"
#include "config/file_watch.h"
#include "config/map.h"
#include "control/admin_service.h"
#include "identity/key_directory.h"
#include "meter/ledger_shipper.h"
#include "meter/metrics.h"
#include "meter/price_book.h"
#include "meter/spool.h"
#include "people/people_service.h"
#include "proxy/billing.h"
#include "store/store.h"
#include "store/store_pool.h"

namespace moongate {

class GatewayState {
 public:
  struct Parts {
    Store& store;
    CacheFactory& caches;
    const Clock& clock;
    Random& random;
    const Logger& log;
    const Settings& settings;
    const Secret& master_key;
    MapHooks map_hooks;
    int workers = 1;
  };
  // What changes while the gateway runs. Called on threads of the state's own, after start() only; must not call back.
  struct Changes {
    std::function<void(std::shared_ptr<const StoredClients>)> clients;
    std::function<void()> accounts;  // of the store: accounts() has them
    std::function<void()> identities;
    std::function<void(std::shared_ptr<const Balances>)> balances;
    std::function<void(std::shared_ptr<const UseSums>)> use;
    std::function<void(std::shared_ptr<const PriceBook>)> prices;
    std::function<std::string()> status;  // for the admin API
    std::function<void(OperatorHooks&)> configuration;  // the same; called by open()
    std::function<void(PeopleHooks&)> people;           // for the user API; the same
  };

  // Reads what the store and the price table say, opens the spool. The error says what to do.
  static Result<std::unique_ptr<GatewayState>> open(Parts parts, Changes changes);
  // Seals the spool (the workers' threads have ended), ships what it can within a few seconds; the rest waits on the disk.
  ~GatewayState();
  GatewayState(const GatewayState&) = delete;

  // From now on changes are told, and the ledger is shipped.
  Status start();

  // For a worker that does not run yet.
  void fill(Billing& billing, int worker);
  KeyDirectory& keys() { return *keys_; }
  KeyLookup::AskStore ask_store();
  const std::shared_ptr<const StoredClients>& clients() const { return clients_; }  // as of open()
  // Of the store, unsealed and read. What cannot be used is told in the log.
  std::vector<std::shared_ptr<const Account>> accounts() const;

  AdminService& admin() { return *admin_; }
  PeopleService& people() { return *people_; }
  // A change in the process itself that other gateways must hear of.
  void directory_changed();
  // Looks at the price file; what is wrong with it is logged and the old table stays. Of the thread that reloads.
  void reload_prices(bool force);
  // An upstream account was taken out; operators are told.
  void notify(std::string kind, std::string subject, std::string text);

  std::vector<Sample> samples() const;
  std::string detail() const;  // members of /health/detailed

 private:
  GatewayState(Parts parts, Changes changes);
  Status open_prices();
  Status open_spool();
  Status open_admin();
  Status open_mailer();
  Result<std::shared_ptr<const PriceBook>> read_prices();
  void shipped(const std::vector<LedgerRecord>& records);
  void warn_of_balance(const std::string& user_id);

  Parts parts_;
  Changes changes_;
  std::atomic<bool> started_{false};
  SealedBox credential_box_;
  std::unique_ptr<KeyDirectory> keys_;
  std::shared_ptr<const StoredClients> clients_;
  mutable std::mutex mutex_;  // guards the next four
  std::vector<UpstreamAccountRecord> account_records_;
  std::shared_ptr<const PriceBook> prices_;
  std::shared_ptr<const Balances> balances_;
  std::shared_ptr<const UseSums> use_;
  std::atomic<bool> prices_changed_{false};
  std::int64_t touched_ms_ = 0;  // of the shipper's thread
  FileWatch price_watch_;
  std::vector<PriceRecord> stored_prices_;  // as they were read; of the thread that reloads
  NanoDollars warning_ = 0, cutoff_ = 0;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<LedgerShipper> shipper_;
  std::unique_ptr<StorePool> pool_;
  std::unique_ptr<StateKeeper> keeper_;
  std::unique_ptr<News> news_;
  std::unique_ptr<SharedCounters> counters_;
  std::unique_ptr<Mailer> mailer_;
  std::unique_ptr<PeopleService> people_;
  std::unique_ptr<AdminService> admin_;
};

}  // namespace moongate
