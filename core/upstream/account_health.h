// What is known of the accounts: which cool down, which are off, whose endpoint cannot be reached.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "config/map.h"
#include "protocol/upstream_error.h"

namespace moongate {

// The better first.
enum class Fitness : std::uint8_t {
  kFit,
  kCooling,   // rate limited or exhausted, for this model
  kOpen,      // its endpoint could not be reached several times in a row
  kDisabled,  // no money, or not allowed: not to be asked
};
std::string_view to_string(Fitness fitness);  // "fit", "cooling", "unreachable", "disabled"

struct HealthView {
  Fitness fitness = Fitness::kFit;
  MonoMs until = 0;           // monotonic; 0 with kFit
  UpstreamFault why = UpstreamFault::kNone;
};

// Shared by all workers; thread-safe. While no account is in trouble, a look costs one atomic load; otherwise a short lock.
// Models are the caller's names, as the map's rules are matched against; what is kept is bounded.
class AccountHealth {
 public:
  struct Options {
    int circuit_failures = 5;     // in a row, that open an endpoint's circuit
    int circuit_open_ms = 10'000;  // then one probe at a time
  };
  AccountHealth(const Clock& clock, const Logger& logger, Options options)
      : clock_(clock), logger_(logger), options_(options) {}
  AccountHealth(const AccountHealth&) = delete;

  // Called without locks when an account is newly disabled, on the worker's thread; must not block. Set before the workers
  // run. `reason` is one sentence for the operator.
  using OnDisabled = std::function<void(std::string_view account, std::string_view reason)>;
  void set_on_account_disabled(OnDisabled callback) { on_disabled_ = std::move(callback); }

  // -- reading
  bool untroubled() const { return troubled_.load(std::memory_order_relaxed) == 0; }
  // `endpoint`: "host:port" that would be connected to; empty: whatever there is.
  HealthView view(const Account& account, std::string_view model, std::string_view endpoint = {}) const;
  bool healthy(const Account& account, std::string_view model) const {
    return untroubled() || view(account, model).fitness == Fitness::kFit;
  }
  // Of the account as a whole: not disabled, no circuit open.
  bool healthy(const Account& account) const;

  // -- what happened
  // Right before an attempt. False: the endpoint's circuit is half open and somebody else's probe is under way.
  bool admit(const Account& account, std::string_view endpoint);
  // What other gateways should know; nothing for most faults.
  struct Notice {
    std::string key;     // for the shared cache
    std::string text;
    std::int64_t ttl_ms = 0;
  };
  // The upstream has refused. 529 changes nothing here: it is everybody's, and whoever cooled an account for it would soon
  // have none left.
  std::optional<Notice> refused(const Account& account, std::string_view model, const UpstreamError& error);
  // No connection, or no answer on one: true when this has opened the circuit.
  bool unreachable(const Account& account, std::string_view endpoint, std::string_view why);
  // Any answer came: the endpoint is there.
  void spoke(const Account& account, std::string_view endpoint);
  // A success: the account works for this model.
  void worked(const Account& account, std::string_view model);

  // -- several gateways
  // The key under which another gateway's notice of this account and model would lie; an empty model: of the whole account.
  static std::string notice_key(const Account& account, std::string_view model);
  void learn(const Account& account, std::string_view model, std::string_view notice);

  // -- operators
  // As if nothing had happened (all accounts of that name, or all when it is empty). A changed map does this, too.
  void forgive(std::string_view name = {});
  struct Row {
    std::string account;
    Provider provider = Provider::kAnthropic;
    std::string model;    // or an endpoint, or empty: the whole account
    Fitness fitness = Fitness::kFit;
    UpstreamFault why = UpstreamFault::kNone;
    std::int64_t for_ms = 0;
  };
  // What is in trouble now.
  std::vector<Row> rows() const;
  std::size_t count(Fitness fitness) const;

 private:
  struct Trouble {
    Fitness fitness = Fitness::kFit;
    UpstreamFault why = UpstreamFault::kNone;
    MonoMs until = 0;
    MonoMs ended = 0;    // when it is forgotten: strikes count no more
    int strikes = 0;
  };
  struct Circuit {
    int failures = 0;
    MonoMs open_until = 0;
    MonoMs probe_until = 0;
  };
  struct Entry {
    std::string name;
    Provider provider = Provider::kAnthropic;
    Trouble whole;
    std::unordered_map<std::string, Trouble> models;
    std::unordered_map<std::string, Circuit> circuits;
  };
  static std::string entry_key(const Account& account);
  const Entry* find(const Account& account) const;
  Entry& entry_for(const Account& account);
  Trouble& model_trouble(Entry& entry, std::string_view model, MonoMs now);
  void drop_if_well(const Account& account, MonoMs now);
  HealthView circuit_view(const Circuit& circuit, MonoMs now) const;

  const Clock& clock_;
  const Logger& logger_;
  const Options options_;
  OnDisabled on_disabled_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::atomic<int> troubled_{0};  // entries
};

}  // namespace moongate
