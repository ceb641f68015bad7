// What users have, as the store last said: a snapshot for workers.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/money.h"
#include "store/ledger_store.h"

namespace moongate {

class Balances {
 public:
  struct Entry {
    NanoDollars credited = 0;  // all that came in, ever
    NanoDollars charged = 0;   // all that went, ever; what still waits on a disk is not in it
  };
  static std::shared_ptr<const Balances> build(const std::vector<LedgerStore::Balance>& rows) {
    auto balances = std::make_shared<Balances>();
    for (const LedgerStore::Balance& row : rows) {
      balances->by_user_.emplace(row.user_id, Entry{row.credited_nano, row.charged_nano});
    }
    return balances;
  }
  // All zero for a user who never had a movement.
  Entry find(std::string_view user_id) const {
    const auto found = by_user_.find(user_id);
    return found == by_user_.end() ? Entry{} : found->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> by_user_;
};

}  // namespace moongate
