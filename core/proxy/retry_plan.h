// What to do about an upstream's refusal: a decision without side effects.
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/upstream_error.h"

namespace moongate {

// Retries may be a share of the requests, and a few beyond it. One per worker.
class RetryBudget {
 public:
  static constexpr std::int64_t kBurst = 10;
  explicit RetryBudget(int percent) : percent_(percent), left_(percent > 0 ? kBurst * 100 : 0) {}
  void count_request() { left_ = std::min<std::int64_t>(left_ + percent_, percent_ > 0 ? kBurst * 100 : 0); }
  bool take() {
    if (left_ < 100) return false;
    left_ -= 100;
    return true;
  }

 private:
  const int percent_;
  std::int64_t left_;  // hundredths of a retry
};

struct RetryFacts {
  int attempts = 1;            // made, this one included
  int max_attempts = 3;
  int here = 1;                // of these, on this route
  bool replayable = true;      // all that was sent is still held
  bool another_route = false;  // one that is fit
  bool may_strip = false;      // the setting, and it was not done yet
  bool may_drop_betas = false;
  bool retry_executed = false;
};

struct RetryPlan {
  enum class Step : std::uint8_t {
    kDeliver,    // the client gets this answer
    kHere,       // the same route again, after wait_ms
    kNext,       // the next fit route
    kStrip,      // the same route, without the thinking blocks
    kDropBetas,  // the same route, without the values it named
  };
  Step step = Step::kDeliver;
  std::int64_t wait_ms = 0;
};

RetryPlan plan_retry(const UpstreamError& error, const RetryFacts& facts);

}  // namespace moongate
