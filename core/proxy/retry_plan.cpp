#include "proxy/retry_plan.h"

namespace moongate {
namespace {

using Step = RetryPlan::Step;

constexpr std::int64_t kLongestWaitMs = 2'000;  // a client is told to come back later rather than held for longer
constexpr std::int64_t kOverloadedMs = 250;     // 250, 500, …

bool short_wait(std::int64_t told) { return told >= 0 && told <= kLongestWaitMs; }

}  // namespace

RetryPlan plan_retry(const UpstreamError& error, const RetryFacts& facts) {
  const RetryPlan deliver;
  if (facts.attempts >= facts.max_attempts || !facts.replayable) return deliver;
  const RetryPlan next{facts.another_route ? Step::kNext : Step::kDeliver, 0};
  const bool may_repeat = !error.never_retry;  // the provider's word about this account; another may think otherwise
  switch (error.fault) {
    case UpstreamFault::kRateLimited:
    case UpstreamFault::kExhausted:
      if (facts.another_route) return next;
      return may_repeat && short_wait(error.retry_after_ms) ? RetryPlan{Step::kHere, error.retry_after_ms} : deliver;
    case UpstreamFault::kSpendLimit:
    case UpstreamFault::kUnauthenticated:
    case UpstreamFault::kForbidden: return next;
    case UpstreamFault::kOverloaded: {
      // The service is busy, not the account: going elsewhere at once would throw the prompt cache away.
      const bool told_long = error.retry_after_ms > kLongestWaitMs;
      if (may_repeat && !told_long && (facts.here == 1 || !facts.another_route)) {
        const std::int64_t backoff = std::min(kLongestWaitMs, kOverloadedMs << std::min(facts.here - 1, 3));
        return {Step::kHere, std::max(backoff, error.retry_after_ms)};
      }
      return next;
    }
    case UpstreamFault::kBadSignature: return facts.may_strip ? RetryPlan{Step::kStrip, 0} : deliver;
    case UpstreamFault::kBadBeta: return facts.may_drop_betas ? RetryPlan{Step::kDropBetas, 0} : deliver;
    case UpstreamFault::kServerError:
      if (!facts.retry_executed) return deliver;
      if (facts.another_route) return next;
      return may_repeat && facts.here == 1 ? RetryPlan{Step::kHere, kOverloadedMs} : deliver;
    case UpstreamFault::kNone:
    case UpstreamFault::kRefused:
    case UpstreamFault::kNotFound:
    case UpstreamFault::kCallerFault: break;
  }
  return deliver;
}

}  // namespace moongate
