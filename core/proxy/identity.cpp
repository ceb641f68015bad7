// What an identity may do: its own lists, and those of every level of terms.
#include <algorithm>

#include "proxy/exchange.h"

namespace moongate {
namespace {

bool pattern_matches(std::string_view pattern, std::string_view name) {
  if (!pattern.empty() && pattern.back() == '*') return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

bool any_allows(const std::vector<Provider>& allowed, Provider provider) {
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), provider) != allowed.end();
}

bool any_allows(const std::vector<std::string>& allowed, std::string_view model) {
  return allowed.empty() ||
         std::any_of(allowed.begin(), allowed.end(), [&](const auto& each) { return pattern_matches(each, model); });
}

}  // namespace

bool Identity::allows(Provider provider) const {
  return any_allows(providers, provider) && std::all_of(levels.begin(), levels.end(), [&](const TermsLevel& each) {
           return any_allows(each.terms->providers, provider);
         });
}

bool Identity::allows_model(std::string_view name) const {
  return any_allows(models, name) && std::all_of(levels.begin(), levels.end(), [&](const TermsLevel& each) {
           return any_allows(each.terms->models, name);
         });
}

bool Identity::allows_address(std::string_view address) const {
  return std::all_of(levels.begin(), levels.end(),
                     [&](const TermsLevel& each) { return each.terms->allows_address(address); });
}

bool Identity::has_limits() const {
  return std::any_of(levels.begin(), levels.end(), [](const TermsLevel& each) { return each.terms->limits.any(); });
}

}  // namespace moongate
