#include "app/servable_models.h"

#include <algorithm>
#include <map>

namespace moongate {
namespace {

bool is_claude(Provider provider) { return provider == Provider::kAnthropic || provider == Provider::kVertexClaude; }

bool may_use(const Identity& identity, const Account& account) {
  if (!identity.allows(account.provider)) return false;
  if (identity.service_type == ServiceType::kAnthropic && !is_claude(account.provider)) return false;
  if (identity.service_type == ServiceType::kGoogle && account.provider == Provider::kAnthropic) return false;
  const auto& list = is_claude(account.provider) ? identity.claude_accounts : identity.gemini_accounts;
  return !list || std::any_of(list->begin(), list->end(), [&](const WeightedAccount& each) { return each.name == account.name; });
}

// A row for every provider says nothing of whose model it is; the name does.
bool is_of(const PriceRow& row, Provider provider) {
  if (row.provider != "*") return row.provider == to_string(provider);
  return row.model.starts_with("claude") == is_claude(provider);
}

}  // namespace

std::vector<ServableModel> servable_models(const MapConfig& map, const PriceBook& prices, const Identity& identity) {
  std::map<std::string, ServableModel> found;
  const auto add = [&](const std::string& name, const Account& account, std::int64_t since_s) {
    if (!identity.allows_model(name)) return;
    const std::int64_t created = since_s > 0 ? since_s : 0;
    found.try_emplace(name, ServableModel{name, is_claude(account.provider) ? "anthropic" : "google", created});
  };
  for (const auto& account : map.accounts) {
    if (!may_use(identity, *account)) continue;
    for (const PriceRow& row : prices.rows()) {
      const bool named = !row.model.empty() && row.model.back() != '*';
      if (named && is_of(row, account->provider) && account->rule_for(row.model) != nullptr) add(row.model, *account, row.effective_from_s);
    }
    for (const ModelRule& rule : account->models) {
      if (!rule.wildcard) add(rule.model, *account, 0);
    }
  }
  std::vector<ServableModel> models;
  for (auto& [name, model] : found) models.push_back(std::move(model));
  return models;
}

}  // namespace moongate
