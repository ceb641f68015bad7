// What this process has learned about its upstreams, shared by all workers.
#pragma once

#include "upstream/account_health.h"
#include "upstream/rejected_betas.h"

namespace moongate {

struct UpstreamState {
  UpstreamState(const Clock& clock, const Logger& logger, AccountHealth::Options options) : health(clock, logger, options) {}
  AccountHealth health;
  RejectedBetas betas;
};

}  // namespace moongate
