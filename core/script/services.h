// What the moon.* functions need from the rest of the gateway. The layer above implements it, one per worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "cache/cache.h"
#include "cache/shared_dict.h"
#include "config/snapshot.h"
#include "crypto/random.h"
#include "limits/custom_limit.h"
#include "net/task.h"
#include "proxy/exchange.h"
#include "upstream/http_client.h"
#include "upstream/token_source.h"

namespace moongate {

// Who a presented credential belongs to.
struct ClientAnswer {
  std::shared_ptr<const Identity> identity;  // null: nobody, or nobody who may call now
  std::string refusal;                       // why null, fit for the caller; holds nothing of the credential
};

struct MetricSpec {
  enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };
  Kind kind = Kind::kCounter;
  std::string name;  // [a-zA-Z_:][a-zA-Z0-9_:]*
  std::string help;
  std::vector<std::string> labels;  // names, at most 8
  std::vector<double> buckets;      // kHistogram: upper bounds, rising; empty: the implementation's own
};

// Lives on its worker's thread, outlives every policy of that worker. Calls without a Task must not block and
// should cost nanoseconds: hooks make several for each request. No call may throw, run Lua, or end an
// exchange.
//
// Tasks are driven by the pipeline's coroutine, and are always awaited to their end; each must end by itself
// within a bounded time. Arguments are values, so that nothing of a request is held meanwhile.
class ScriptServices {
 public:
  virtual ~ScriptServices() = default;

  // -- of the process; safe from any thread
  virtual const Clock& clock() const = 0;
  virtual Random& random() = 0;
  virtual const Logger& logger() const = 0;
  virtual SharedDicts& shared_dicts() = 0;

  // -- of this worker
  virtual Cache& cache() = 0;
  virtual Task<void> sleep(int milliseconds) = 0;
  virtual Task<Result<FetchResponse>> fetch(FetchRequest request) = 0;

  // What is in force at this moment; another call may find a newer one. Its members are never null.
  virtual const Snapshot& snapshot() const = 0;

  // Looks where looking costs nothing (the map, and what was found lately). False: somebody has to be asked,
  // use find_client. The same credential gives the same Identity object until the snapshot changes.
  virtual bool try_find_client(std::string_view credential, ClientAnswer& answer) = 0;
  // Error kUnavailable: it could not be found out.
  virtual Task<Result<ClientAnswer>> find_client(std::string credential) = 0;

  // The accounts that serve `model` through `provider` for this identity, by preference: the one whose turn
  // it is (weights, health), then the others in the order in which they may stand in for it. Empty: there is
  // none. An empty model (operations that name none) matches all. Valid until the next call.
  virtual const std::vector<std::shared_ptr<const Account>>& pick_accounts(Provider provider,
                                                                           std::string_view model,
                                                                           const Identity& identity) = 0;
  // Whether an account is thought to work; false while it cools down after failures.
  virtual bool account_healthy(const Account& account) const = 0;

  // The Google access token in hand, or nullptr when one has to be minted. Precondition for both: the
  // credential is a Google service account.
  virtual std::shared_ptr<const MintedToken> cached_token(const Credential& credential) = 0;
  virtual Task<Result<std::shared_ptr<const MintedToken>>> token(
      std::shared_ptr<const Credential> credential) = 0;

  // Limits of the policy's own, by name. try_…: answered at once; false: somebody has to be asked, use the task. kInvalid:
  // the limit is not allowed. `charge` false: only looks.
  virtual bool try_take_limit(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                              Result<CustomAnswer>& answer) = 0;
  virtual Task<Result<CustomAnswer>> take_limit(std::string name, CustomLimit limit, std::int64_t cost, bool charge) = 0;

  // A number to update it by, the same for the same name in every worker. kInvalid: the name or a label is
  // malformed, or the name is taken by another kind, other labels, or the gateway itself. kTooLarge: there
  // are too many.
  virtual Result<int> define_metric(const MetricSpec& spec) = 0;
  // Counter: adds `value` (>= 0). Gauge: sets it when `set`, else adds. Histogram: observes it. One label
  // value for each label of the spec. Label sets beyond the bound are dropped and counted.
  virtual void update_metric(int metric, std::span<const std::string_view> label_values, double value,
                             bool set) = 0;

  // A hook failed closed. `hook` ("authenticate") and `kind` ("error", "cpu-budget", "memory", "result") are
  // literals.
  virtual void count_hook_failure(std::string_view hook, std::string_view kind) = 0;
};

}  // namespace moongate
