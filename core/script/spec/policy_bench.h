// A gateway made up for the tests of a policy: clients, accounts, time and the outside are what the test
// says.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "limits/limit_book.h"
#include "net/reactor.h"
#include "script/services.h"
#include "upstream/account_picker.h"

namespace moongate {

class PolicyBench final : public ScriptServices {
 public:
  // A starting instant far from any that a test may be run at: 2026-01-01T00:00:00Z.
  static constexpr std::int64_t kStart = 1'767'225'600;

  PolicyBench();
  ~PolicyBench() override;

  // As new, but for the clock, the log, and what is in shared dictionaries (of which policies keep hold).
  void clear();

  // -- what the test says
  struct AccountSpec {
    std::string name = {};
    Provider provider = Provider::kAnthropic;
    CredentialKind kind = CredentialKind::kAnthropicApiKey;
    std::string project = {};
    std::vector<std::string> models = {};  // '*' as suffix wildcard; empty: all
  };
  void set_accounts(const std::vector<AccountSpec>& accounts);
  void set_client(const std::string& credential, std::shared_ptr<const Identity> identity);
  void set_map_text(std::string raw);
  // Answers moon.http.request. None: nothing can be reached.
  std::function<Result<FetchResponse>(const FetchRequest&)> on_fetch;
  bool tokens_fail = false;  // minting does not succeed
  // True: whatever may be asked for is asked for by a task (the other way through each function), and time in
  // sleep() passes only when the clock is moved and the reactor turns.
  bool must_ask = false;

  ManualClock manual_clock{kStart};
  Reactor reactor{manual_clock};

  // -- what came of it
  std::vector<std::string> failures;  // "auth.authenticate error"
  std::vector<FetchRequest> fetches;
  std::map<std::string, double> metrics;  // "name{a,b}" to its value
  int minted = 0;
  std::string log_text() const { return sink_.text(); }

  // Runs a task that does not wait for anything outside of this bench. False: it did, and is still under way.
  bool run(Task<void> task);

  // -- ScriptServices
  const Clock& clock() const override { return manual_clock; }
  Random& random() override { return random_; }
  const Logger& logger() const override { return logger_; }
  SharedDicts& shared_dicts() override { return dicts_; }
  Cache& cache() override { return *cache_; }
  Task<void> sleep(int milliseconds) override;
  Task<Result<FetchResponse>> fetch(FetchRequest request) override;
  const Snapshot& snapshot() const override { return snapshot_; }
  bool try_find_client(std::string_view credential, ClientAnswer& answer) override;
  Task<Result<ClientAnswer>> find_client(std::string credential) override;
  const std::vector<std::shared_ptr<const Account>>& pick_accounts(Provider provider, std::string_view model,
                                                                   const Identity& identity) override;
  bool account_healthy(const Account&) const override { return true; }
  std::shared_ptr<const MintedToken> cached_token(const Credential& credential) override;
  Task<Result<std::shared_ptr<const MintedToken>>> token(
      std::shared_ptr<const Credential> credential) override;
  bool try_take_limit(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                      Result<CustomAnswer>& answer) override;
  Task<Result<CustomAnswer>> take_limit(std::string name, CustomLimit limit, std::int64_t cost, bool charge) override;
  Result<int> define_metric(const MetricSpec& spec) override;
  void update_metric(int metric, std::span<const std::string_view> label_values, double value,
                     bool set) override;
  void count_hook_failure(std::string_view hook, std::string_view kind) override;

 private:
  ClientAnswer look_up(std::string_view credential) const;
  void publish(MapConfig map);

  MemorySink sink_;
  Logger logger_{sink_, manual_clock, LogLevel::kDebug};
  SystemRandom random_;
  SharedDicts dicts_;
  std::unique_ptr<CacheFactory> caches_;
  std::unique_ptr<Cache> cache_;
  std::unique_ptr<LimitBook> limits_;
  std::map<std::string, std::shared_ptr<const Identity>, std::less<>> clients_;
  std::map<std::string, std::shared_ptr<const MintedToken>, std::less<>> tokens_;
  Snapshot snapshot_;
  AccountPicker picker_;
  std::vector<MetricSpec> metric_specs_;
};

}  // namespace moongate
