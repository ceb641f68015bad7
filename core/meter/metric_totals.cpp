#include "meter/metric_names.h"
#include "meter/metrics.h"

namespace moongate {
namespace {

namespace names = metric_names;

constexpr std::size_t kNobody = names::kProviders.size() - 1;
constexpr std::size_t kPlain = 5;
static_assert(names::kDialects[kPlain] == "plain" && names::kProviders[kNobody] == "none");
constexpr std::size_t kInputKinds[] = {0, 1, 2, 3, 6};  // input, cache writes and reads, tool prompts
constexpr std::size_t kOutput = 4, kThought = 5;
static_assert(names::kTokenKinds[6] == "tool_prompt" && names::kTokenKinds[kOutput] == "output" && names::kTokenKinds[kThought] == "thought");

bool is_error(std::size_t provider, std::size_t status_class, std::size_t outcome) {
  if (status_class == 5) return true;
  return provider != kNobody && (outcome != static_cast<std::size_t>(Outcome::kDone) || status_class >= 4 || status_class == 0);
}

// Anthropic tells thoughts as a part of the output.
bool thoughts_are_beside(std::size_t provider) {
  return names::kProviders[provider] == "vertex" || names::kProviders[provider] == "gemini";
}

}  // namespace

void MetricTotals::add(const MetricTotals& more) {
  requests += more.requests;
  errors += more.errors;
  input_tokens += more.input_tokens;
  output_tokens += more.output_tokens;
  for (std::size_t i = 0; i < durations.size(); ++i) durations[i] += more.durations[i];
}

MetricTotals Metrics::totals() const {
  const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  MetricTotals totals;
  for (const auto& shard : shards_) {
    for (std::size_t p = 0; p < names::kProviders.size(); ++p) {
      for (std::size_t d = 0; d < names::kDialects.size(); ++d) {
        if (d == kPlain) continue;
        for (std::size_t s = 0; s < names::kStatusClasses.size(); ++s) {
          for (std::size_t o = 0; o < kOutcomes; ++o) {
            const std::uint64_t n = read(shard->requests_[p][d][s][o]);
            totals.requests += n;
            if (is_error(p, s, o)) totals.errors += n;
          }
        }
      }
      for (const std::size_t kind : kInputKinds) totals.input_tokens += read(shard->tokens_[p][kind]);
      totals.output_tokens += read(shard->tokens_[p][kOutput]);
      if (thoughts_are_beside(p)) totals.output_tokens += read(shard->tokens_[p][kThought]);
      if (p == kNobody) continue;
      for (std::size_t b = 0; b < totals.durations.size(); ++b) totals.durations[b] += read(shard->duration_[p].counts[b]);
    }
  }
  return totals;
}

}  // namespace moongate
