// The whole gateway as one object: everything is made here, in order, and handed to what needs it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "app/control_plane.h"
#include "app/conversations.h"
#include "app/gateway_roll.h"
#include "app/gateway_state.h"
#include "app/operator_hooks.h"
#include "app/worker_services.h"
#include "base/log.h"
#include "config/check.h"
#include "config/file_watch.h"
#include "console/console_files.h"
#include "crypto/random.h"
#include "http/control_server.h"
#include "limits/limit_book.h"
#include "live/live_hub.h"
#include "live/live_service.h"
#include "oauth2-mock/oauth_service.h"
#include "proxy/worker.h"
#include "script/lua_phases.h"
#include "script/vm/watchdog.h"
#include "setup/setup_page.h"
#include "simulator/simulator.h"
#include "store/store.h"

namespace moongate {

class GatewayProcess {
 public:
  // Brings everything up to accepting connections. The error says what to do; nothing keeps running then.
  static Result<std::unique_ptr<GatewayProcess>> start(Settings settings, const Clock& clock);
  ~GatewayProcess();
  GatewayProcess(const GatewayProcess&) = delete;

  // Looks for changed files and takes them over; called every settings.reload_ms, and with `force` on SIGHUP. What is
  // broken is logged, and the old keeps serving.
  void reload(bool force);
  // Ends accepting, lets exchanges end for at most timeouts.drain_ms, returns when the last is over. Blocks.
  void drain();
  // Opens log files again.
  void reopen_logs();

  struct Addresses {
    std::string http, https, control, simulator;  // "host:port" as bound; empty: not served
  };
  const Addresses& addresses() const { return addresses_; }
  const Settings& settings() const { return settings_; }
  const MapConfig& map() const { return *snapshot_->map; }  // as of start()
  // Shown once: set by the start that made it.
  const std::optional<Secret>& new_admin_token() const { return new_admin_token_; }
  bool map_was_made() const { return map_was_made_; }

 private:
  struct WorkerPart {
    std::unique_ptr<Worker> worker;
    std::unique_ptr<WorkerServices> services;
    std::unique_ptr<WatchedThread> watched;   // this and the next belong to the worker's thread
    std::shared_ptr<LuaPhases> candidate;     // loaded, not yet in force
    std::thread thread;
  };
  GatewayProcess(Settings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

  Status open();
  Status open_logs();
  Status open_state();
  Status start_simulator();
  Status make_map_file();
  Status load_map_file();
  Status open_tls();
  Status open_workers();
  // gateway_process_state.cpp
  Status open_money();       // after the store, before the map
  std::optional<OtherClient> other_client(std::string_view credential) const;
  Status connect_workers();  // to keys, ledger and limits
  Status start_money();
  Status open_conversations();
  bool is_client_of_map(std::string_view name) const;
  void refresh_identities();
  void take_over_accounts();
  int worker_count() const;
  static MapHooks map_hooks();
  template <class Change>
  void to_workers(Change change);
  void run_worker(WorkerPart& part);
  // Loads the policy of the folder, as below.
  Status load_policy();
  // Loads it aside in every worker; only if all could, and `then` succeeds (may be empty), does any take it.
  Status load_policy(std::shared_ptr<const PolicySource> source, const std::function<Status()>& then);
  Status reload_map();
  Status reload_policy();
  Status told_policy(Status status);
  // gateway_process_operator.cpp
  std::shared_ptr<const Snapshot> snapshot() const;
  void fill_operator_hooks(OperatorHooks& hooks);
  Status start_roll();
  void wait_for_workers();
  std::vector<AccountInForce> accounts_now() const;
  bool shares_cache() const;
  std::optional<AccountTest> test_account(std::string_view name);
  bool drop_token(std::string_view name);
  std::string system_view() const;  // members of GET /api/admin/system, as a JSON object
  Status open_listeners();
  // gateway_process_live.cpp
  Status open_live();
  void start_live();
  boost::json::object health_view() const;
  // gateway_process_control.cpp
  SetupAddresses setup_addresses() const;
  void make_control_plane();
  Status open_control();
  Status write_run_files();
  void start_watching();
  std::vector<Sample> samples() const;
  void add_limit_samples(std::vector<Sample>& samples) const;
  std::string detail() const;
  std::string path_in_data(const std::string& path) const;

  Settings settings_;
  const Clock& clock_;
  SystemRandom random_;
  std::unique_ptr<LineSink> error_sink_;
  std::unique_ptr<LineSink> access_sink_;
  std::unique_ptr<Logger> logger_;
  Secret master_key_;
  std::unique_ptr<Store> store_;
  std::optional<Secret> new_admin_token_;
  std::unique_ptr<Simulator> simulator_;
  AmbientCredentials ambient_;
  bool map_was_made_ = false;
  std::uint64_t map_generation_ = 0;
  std::unique_ptr<OAuthService> oauth_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<CacheFactory> caches_;
  std::unique_ptr<LimitBook> limits_;
  std::unique_ptr<GatewayState> state_;
  std::atomic<bool> accounts_changed_{false};
  std::mutex oauth_mutex_;   // one refresh at a time
  std::unique_ptr<SharedDicts> dicts_;
  std::unique_ptr<TokenSource> tokens_;
  std::unique_ptr<UpstreamState> upstreams_;
  std::unique_ptr<TlsServer> tls_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Gateway> gateway_;
  mutable std::mutex snapshot_mutex_;  // guards snapshot_, and changes of ambient_ while the gateway runs
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const PolicySource> policy_;           // in force; with the next, guarded by snapshot_mutex_
  std::shared_ptr<const StoredClients> stored_clients_;
  std::unique_ptr<PolicyTrials> trials_;
  std::unique_ptr<GatewayRoll> roll_;
  SipKey index_key_{};
  std::unique_ptr<LiveHub> live_hub_;  // outlives the workers, who tell it
  std::unique_ptr<Watchdog> watchdog_;
  std::vector<WorkerPart> workers_;
  std::unique_ptr<ConsoleFiles> console_;
  std::unique_ptr<InnerTokens> inner_tokens_;
  std::unique_ptr<Conversations> conversations_;
  std::unique_ptr<SetupPage> setup_;
  std::unique_ptr<LiveService> live_;
  std::unique_ptr<ControlPlane> plane_;
  std::unique_ptr<ControlServer> control_;
  Addresses addresses_;

  // One change of map, policy or certificate at a time, whoever makes it: the thread that looks for changed files, or an
  // operator's request, which holds it around its steps.
  mutable std::recursive_mutex reload_mutex_;
  FileWatch map_watch_;
  FileWatch policy_watch_;
  FileWatch tls_watch_;
  std::atomic<std::uint64_t> reloads_done_{0};    // read by the control port's threads
  std::atomic<std::uint64_t> reloads_failed_{0};
  std::int64_t oauth_refresh_ms_ = 0;
  std::string certificate_file_;  // empty: https is off
  std::int64_t started_ms_ = 0;   // monotonic
};

}  // namespace moongate
