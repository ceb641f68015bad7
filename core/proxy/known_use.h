// What the ledger says was used this day and this month: the least that limits count, so that a restart forgets nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "limits/limit_types.h"
#include "store/records.h"

namespace moongate {

class UseSums {
 public:
  // The roll-ups of one day and of one month, by user and client.
  static std::shared_ptr<const UseSums> build(std::int64_t day, const std::vector<UsageRollup>& of_day,
                                              std::int64_t month, const std::vector<UsageRollup>& of_month);

  KnownUse of_client(std::string_view name) const { return find(clients_, name); }
  KnownUse of_user(std::string_view id) const { return find(users_, id); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Map = std::unordered_map<std::string, KnownUse, Hash, std::equal_to<>>;
  KnownUse find(const Map& map, std::string_view key) const;

  std::int64_t day_ = -1, month_ = -1;
  Map clients_, users_;
};

}  // namespace moongate
