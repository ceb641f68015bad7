// What this process has learned about its upstreams, shared by all workers.
#pragma once

#include "upstream/account_counters.h"
#include "upstream/account_health.h"
#include "upstream/affinity.h"
#include "upstream/rejected_betas.h"

namespace moongate {

struct UpstreamState {
  UpstreamState(const Clock& clock, const Logger& logger, AccountHealth::Options options)
      : health(clock, logger, options), conversations(clock, 65536), owners(clock, 65536) {}
  AccountHealth health;
  AccountCounters counters;
  AffinityTable conversations;  // who holds whose prompt cache
  AffinityTable owners;         // who has made which operation, file, cached content, batch
  RejectedBetas betas;
};

}  // namespace moongate
