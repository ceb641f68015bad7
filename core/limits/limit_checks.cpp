#include "limits/limit_checks.h"

#include <algorithm>

namespace moongate {
namespace {

// Latest of all: when it is free again is not known.
constexpr std::int64_t kNever = INT64_MAX;
constexpr std::int64_t kMostTokens = 1'000'000'000'000'000;  // nobody expects more; sums stay within 64 bits

std::int64_t rank(const LimitCheck& check) {
  if (check.kind == LimitKind::kBalance) return kNever;
  return check.resets_at_ms;  // concurrent: 0, it may end at any time
}

LimitState state_of(const Demand& demand, const LimitCheck& check) {
  const LevelDemand& level = demand.levels[check.level];
  return {level.level, check.kind, std::string(level.name), check.capacity, check.used, check.resets_at_ms};
}

void tighten(Quota& quota, const LimitCheck& check, bool counted, std::int64_t now_ms) {
  const std::int64_t used = check.used + (counted ? check.amount : 0);
  const std::int64_t remaining = std::max<std::int64_t>(check.capacity - used, 0);
  if (quota.limit != 0 && quota.remaining <= remaining) return;
  quota = {check.capacity, remaining, used > 0 ? now_ms / 1000 * 1000 + 60'000 : now_ms};
}

}  // namespace

LimitChecks limit_checks_of(const Demand& demand, std::int64_t gateways) {
  LimitChecks checks;
  const UsedAmounts& expected = demand.expected;
  const std::int64_t input = std::clamp<std::int64_t>(expected.input_tokens, 0, kMostTokens);
  const std::int64_t output = std::clamp<std::int64_t>(expected.output_tokens, 0, kMostTokens);
  const NanoDollars cost = std::clamp<NanoDollars>(expected.cost, 0, INT64_MAX / 4);
  for (std::size_t i = 0; i < demand.level_count; ++i) {
    const LevelDemand& level = demand.levels[i];
    const auto add = [&](LimitKind kind, std::int64_t capacity, std::int64_t amount, std::int64_t known = 0,
                         std::int64_t index = -1) {
      if (capacity <= 0) return;
      const std::int64_t share = std::max<std::int64_t>(capacity / gateways, 1);
      checks.all[checks.count++] = {static_cast<std::uint8_t>(i), kind, share, std::min(amount, share), known, index,
                                    true, 0, 0};
    };
    const LimitSet& limits = level.limits;
    const KnownUse& known = level.known;
    add(LimitKind::kRequestsPerMinute, limits.requests_per_minute, 1);
    add(LimitKind::kTokensPerMinute, limits.tokens_per_minute, input + output);
    add(LimitKind::kInputTokensPerMinute, limits.input_tokens_per_minute, input);
    add(LimitKind::kOutputTokensPerMinute, limits.output_tokens_per_minute, output);
    // What is known was used on all gateways together; of a share it fills this gateway's part.
    add(LimitKind::kTokensPerDay, limits.tokens_per_day, input + output, known.day >= 0 ? known.tokens_of_day / gateways : 0, known.day);
    add(LimitKind::kCostPerDay, limits.cost_per_day, cost, known.day >= 0 ? known.cost_of_day / gateways : 0, known.day);
    add(LimitKind::kCostPerMonth, limits.cost_per_month, cost, known.month >= 0 ? known.cost_of_month / gateways : 0, known.month);
    add(LimitKind::kConcurrent, limits.concurrent, 1);
    if (level.prepaid) {
      // All of it may be asked for elsewhere at the same time: room for as many such requests as there are gateways.
      const std::int64_t spare = cost > INT64_MAX / 4 / gateways ? INT64_MAX / 4 : cost * (gateways - 1);
      checks.all[checks.count++] = {static_cast<std::uint8_t>(i), LimitKind::kBalance,
                                    std::max<NanoDollars>(level.credited - spare, 0), cost, known.charged, -1, true, 0, 0};
    }
  }
  return checks;
}

Decision decide(const Demand& demand, const LimitChecks& checks, std::int64_t now_ms) {
  Decision decision;
  decision.decided_at_ms = now_ms;
  const LimitCheck* refused = nullptr;
  const LimitCheck* shadowed = nullptr;
  for (const LimitCheck& check : checks) {
    if (check.fits) continue;
    const LimitCheck*& slot = is_shadowed(demand, check) ? shadowed : refused;
    if (slot == nullptr || rank(check) > rank(*slot)) slot = &check;
  }
  decision.allowed = refused == nullptr;
  if (refused != nullptr) decision.refused = state_of(demand, *refused);
  if (refused == nullptr && shadowed != nullptr) decision.would_refuse = state_of(demand, *shadowed);
  for (const LimitCheck& check : checks) {
    if (!is_per_minute(check.kind) || is_shadowed(demand, check)) continue;
    Quota* const quotas[] = {&decision.requests, &decision.tokens, &decision.input_tokens, &decision.output_tokens};
    tighten(*quotas[static_cast<std::size_t>(check.kind)], check, decision.allowed, now_ms);
  }
  return decision;
}

}  // namespace moongate
