#include "upstream/account_picker.h"

#include <algorithm>

namespace moongate {
namespace {
constexpr std::size_t kKeptCycles = 4096;
}

void AccountPicker::set_map(std::shared_ptr<const MapConfig> map) {
  map_ = std::move(map);
  cycles_.clear();
}

AccountPicker::Cycle& AccountPicker::cycle_for(Provider provider, std::string_view model,
                                               const std::optional<std::vector<WeightedAccount>>& allowed) {
  key_.assign(1, static_cast<char>('0' + static_cast<int>(provider)));
  const std::size_t model_size = model.size();  // written first: a model that looks like a list must not be taken for one
  key_.append(reinterpret_cast<const char*>(&model_size), sizeof model_size);
  key_ += model;
  if (allowed) {
    for (const WeightedAccount& each : *allowed) {
      key_ += '\n';
      key_ += each.name;
      key_.append(reinterpret_cast<const char*>(&each.weight), sizeof each.weight);
    }
    if (allowed->empty()) key_ += '\n';
  }
  if (const auto found = cycles_.find(key_); found != cycles_.end()) return found->second;
  if (cycles_.size() >= kKeptCycles) cycles_.clear();

  Cycle cycle;
  const auto serves = [&](const Account& account) {
    return account.provider == provider && (model.empty() || account.rule_for(model) != nullptr);
  };
  if (map_ && allowed) {
    for (const WeightedAccount& each : *allowed) {
      for (const auto& account : map_->accounts) {
        if (account->name == each.name && serves(*account)) cycle.candidates.push_back({account, each.weight, 0});
      }
    }
  } else if (map_) {
    for (const auto& account : map_->accounts) {
      if (serves(*account)) cycle.candidates.push_back({account, 1, 0});
    }
  }
  for (const Candidate& each : cycle.candidates) cycle.total += each.weight;
  return cycles_.emplace(key_, std::move(cycle)).first->second;
}

const AccountPicker::List& AccountPicker::pick(Provider provider, std::string_view model,
                                               const std::optional<std::vector<WeightedAccount>>& allowed,
                                               const AccountHealth* health) {
  picked_.clear();
  Cycle& cycle = cycle_for(provider, model, allowed);
  if (cycle.candidates.empty()) return picked_;
  const bool all_fit = health == nullptr || health->untroubled();
  int total = all_fit ? cycle.total : 0;
  for (Candidate& each : cycle.candidates) {
    each.fitness = all_fit ? Fitness::kFit : health->view(*each.account, model).fitness;
    if (!all_fit && each.fitness == Fitness::kFit) total += each.weight;
  }
  // Turns go round among the fit; among all when none is.
  const bool none_fit = total == 0;
  if (none_fit) total = cycle.total;
  Candidate* best = nullptr;
  for (Candidate& each : cycle.candidates) {
    if (!none_fit && each.fitness != Fitness::kFit) continue;
    each.current += each.weight;
    const bool better = best == nullptr || each.fitness < best->fitness ||
                        (each.fitness == best->fitness && each.current > best->current);
    if (better) best = &each;
  }
  best->current -= total;
  picked_.push_back(best->account);
  if (cycle.candidates.size() > 1) {
    std::vector<const Candidate*> others;
    for (const Candidate& each : cycle.candidates) {
      if (&each != best) others.push_back(&each);
    }
    std::sort(others.begin(), others.end(), [](auto* a, auto* b) {
      if (a->fitness != b->fitness) return a->fitness < b->fitness;
      return a->current != b->current ? a->current > b->current : a->account->name < b->account->name;
    });
    for (const Candidate* each : others) picked_.push_back(each->account);
  }
  return picked_;
}

void AccountPicker::give_back(Provider provider, std::string_view model,
                              const std::optional<std::vector<WeightedAccount>>& allowed, const Account& account) {
  Cycle& cycle = cycle_for(provider, model, allowed);
  for (const Candidate& each : cycle.candidates) {
    // One that has had no turn (the policy chose by itself) has none to be given back.
    if (each.account.get() == &account && each.current > 0) return;
  }
  for (Candidate& each : cycle.candidates) {
    each.current -= each.weight;
    if (each.account.get() == &account) each.current += cycle.total;
  }
}

}  // namespace moongate
