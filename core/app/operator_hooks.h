// What the admin API asks of the running gateway about map, policy and accounts, answered by its parts.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "config/snapshot.h"
#include "control/operator_hooks.h"
#include "script/policy_source.h"
#include "upstream/upstream_state.h"

namespace moongate {

// Checks and tests of policies that are not in force. Safe from any thread.
class PolicyTrials {
 public:
  PolicyTrials(const Settings& settings, LineSink& log) : settings_(settings), log_(log) {}

  std::vector<PolicyProblem> check(const PolicyFiles& files, std::shared_ptr<const MapConfig> map) const;
  // One at a time; kRateLimited: another runs.
  Result<PolicyTestResult> test(const PolicyFiles& files);

 private:
  const Settings& settings_;
  LineSink& log_;
  std::mutex testing_;
};

// A source as PolicySource::read would make it of these files.
std::shared_ptr<const PolicySource> source_of(const Settings& settings, const PolicyFiles& files);

// Every account of the map in force, with its health. `now_s`: what the health's times are told by.
std::vector<AccountInForce> accounts_in_force(const MapConfig& map, const AmbientCredentials& ambient,
                                              const UpstreamState& upstreams, std::int64_t now_s);

}  // namespace moongate
