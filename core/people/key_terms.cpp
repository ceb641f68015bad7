#include "people/key_terms.h"

#include <algorithm>
#include <array>

namespace moongate {
namespace {

// "claude-*" covers "claude-sonnet-*" and "claude-sonnet-4-5".
bool covers(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  pattern.remove_suffix(1);
  if (name.ends_with('*')) name.remove_suffix(1);
  return name.starts_with(pattern);
}

// A block that lies within another one.
bool covers(const Cidr& outer, const Cidr& inner) { return outer.prefix <= inner.prefix && outer.contains(inner.address); }

template <class List>
bool within(const List& inner, const List& outer) {
  if (outer.empty() || inner.empty()) return true;
  return std::all_of(inner.begin(), inner.end(), [&](const auto& each) {
    return std::any_of(outer.begin(), outer.end(), [&](const auto& other) { return covers(other, each); });
  });
}

bool within(const std::vector<Provider>& inner, const std::vector<Provider>& outer) {
  return outer.empty() || std::all_of(inner.begin(), inner.end(), [&](Provider each) {
    return std::find(outer.begin(), outer.end(), each) != outer.end();
  });
}

struct NamedLimit {
  std::string_view name;
  std::int64_t wanted, own;
};

}  // namespace

std::string terms_fault(const Terms& wanted, const Terms& own, std::string_view whose) {
  const auto beyond = [&](std::string_view name) {
    return "\"terms\": " + std::string(name) + " goes beyond what " + std::string(whose) + " may; leave it out, or narrow it.";
  };
  for (const auto& [name, said] : {std::pair<std::string_view, bool>{"markup", wanted.markup_ppm >= 0},
                                   {"shadow", wanted.shadow}, {"trace", wanted.trace && !own.trace}}) {
    if (said) return "\"terms\": " + std::string(name) + " is for an operator to say.";
  }
  if (!within(wanted.providers, own.providers)) return beyond("providers");
  if (!within(wanted.models, own.models)) return beyond("models");
  if (!within(wanted.ip_allow, own.ip_allow)) return beyond("ip_allow");
  if (own.expires_at_s != 0 && wanted.expires_at_s > own.expires_at_s) return beyond("expires");
  const LimitSet &w = wanted.limits, &o = own.limits;
  for (const NamedLimit& each : std::array<NamedLimit, 8>{{{"requests_per_minute", w.requests_per_minute, o.requests_per_minute},
                                                           {"tokens_per_minute", w.tokens_per_minute, o.tokens_per_minute},
                                                           {"input_tokens_per_minute", w.input_tokens_per_minute, o.input_tokens_per_minute},
                                                           {"output_tokens_per_minute", w.output_tokens_per_minute, o.output_tokens_per_minute},
                                                           {"tokens_per_day", w.tokens_per_day, o.tokens_per_day},
                                                           {"cost_per_day", w.cost_per_day, o.cost_per_day},
                                                           {"cost_per_month", w.cost_per_month, o.cost_per_month},
                                                           {"concurrent", w.concurrent, o.concurrent}}}) {
    if (each.own != 0 && each.wanted > each.own) return beyond("limits." + std::string(each.name));
  }
  return {};
}

}  // namespace moongate
