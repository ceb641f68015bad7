// Which of several accounts serves the next request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/map.h"
#include "upstream/account_health.h"

namespace moongate {

// Weighted, deterministic over a cycle (smooth weighted round robin: weights 2 and 1 give a, b, a). One per worker;
// each worker runs its own cycles.
class AccountPicker {
 public:
  using List = std::vector<std::shared_ptr<const Account>>;

  void set_map(std::shared_ptr<const MapConfig> map);

  // The accounts that may serve `model` through `provider`, the one whose turn it is first, the others behind it by
  // weight. `allowed`: the client's list (nullopt: every account of the map, each with weight 1). Empty: none serves it.
  // An empty `model` (operations without one) matches every account. With `health`, the turns are those of the fit ones
  // alone, and the others come behind them, disabled ones last. Valid until the next call.
  const List& pick(Provider provider, std::string_view model,
                   const std::optional<std::vector<WeightedAccount>>& allowed, const AccountHealth* health = nullptr);
  // The account that pick() put in front was not asked after all (the conversation belongs to another): its turn comes again.
  void give_back(Provider provider, std::string_view model, const std::optional<std::vector<WeightedAccount>>& allowed,
                 const Account& account);

 private:
  struct Candidate {
    std::shared_ptr<const Account> account;
    int weight = 1;
    int current = 0;
    Fitness fitness = Fitness::kFit;  // during one pick
  };
  struct Cycle {
    std::vector<Candidate> candidates;
    int total = 0;
  };
  Cycle& cycle_for(Provider provider, std::string_view model,
                   const std::optional<std::vector<WeightedAccount>>& allowed);

  std::shared_ptr<const MapConfig> map_;
  std::unordered_map<std::string, Cycle> cycles_;  // bounded; emptied with each map
  std::string key_;                                // scratch
  List picked_;
};

}  // namespace moongate
