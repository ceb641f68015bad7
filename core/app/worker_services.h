// What one worker's policy can ask of the gateway.
#pragma once

#include <memory>

#include "app/key_lookup.h"
#include "cache/cache.h"
#include "cache/shared_dict.h"
#include "crypto/random.h"
#include "proxy/client_directory.h"
#include "proxy/worker.h"
#include "script/services.h"
#include "upstream/account_picker.h"

namespace moongate {

// Lives on its worker's thread; made before the thread runs.
class WorkerServices final : public ScriptServices {
 public:
  struct Shared {  // of the process; outlives all workers
    Gateway& gateway;
    Random& random;
    SharedDicts& dicts;
    CacheFactory& caches;
    const TokenVerifier& verifier;
    LimitBook& limits;
    KeyDirectory* keys = nullptr;         // null: there are no stored keys
    KeyLookup::AskStore ask_store = {};   // goes with `keys`
    const InnerTokens* inner = nullptr;   // null: there are none
  };
  static Result<std::unique_ptr<WorkerServices>> create(Worker& worker, const Shared& shared,
                                                        std::shared_ptr<const Snapshot> snapshot);

  // On the worker's thread: static clients and accounts are from now on those of this snapshot.
  void set_snapshot(std::shared_ptr<const Snapshot> snapshot);
  void set_stored(std::shared_ptr<const StoredClients> stored) { directory_.set_stored(std::move(stored)); }

  // On the worker's thread, after its last request: the connection to Redis ends there.
  void let_go_of_cache();

  const LimiterCounters& limit_counters() const { return limiter_->counters(); }

  const Clock& clock() const override { return shared_.gateway.clock; }
  Random& random() override { return shared_.random; }
  const Logger& logger() const override { return shared_.gateway.logger; }
  SharedDicts& shared_dicts() override { return shared_.dicts; }
  Cache& cache() override { return *cache_; }
  Task<void> sleep(int milliseconds) override;
  Task<Result<FetchResponse>> fetch(FetchRequest request) override;
  const Snapshot& snapshot() const override { return *directory_.snapshot(); }
  bool try_find_client(std::string_view credential, ClientAnswer& answer) override;
  Task<Result<ClientAnswer>> find_client(std::string credential) override;
  const std::vector<std::shared_ptr<const Account>>& pick_accounts(Provider provider, std::string_view model,
                                                                   const Identity& identity) override;
  bool account_healthy(const Account& account) const override;
  std::shared_ptr<const MintedToken> cached_token(const Credential& credential) override;
  Task<Result<std::shared_ptr<const MintedToken>>> token(std::shared_ptr<const Credential> credential) override;
  bool try_take_limit(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                      Result<CustomAnswer>& answer) override;
  Task<Result<CustomAnswer>> take_limit(std::string name, CustomLimit limit, std::int64_t cost, bool charge) override;
  Result<int> define_metric(const MetricSpec& spec) override;
  void update_metric(int metric, std::span<const std::string_view> label_values, double value, bool set) override;
  void count_hook_failure(std::string_view hook, std::string_view kind) override;

 private:
  WorkerServices(Worker& worker, const Shared& shared, std::unique_ptr<Cache> cache);

  Worker& worker_;
  Shared shared_;
  std::unique_ptr<Cache> cache_;
  ClientDirectory directory_;
  std::optional<KeyLookup> lookup_;
  std::optional<Limiter> limiter_;
  AccountPicker picker_;
};

}  // namespace moongate
