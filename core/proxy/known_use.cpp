#include "proxy/known_use.h"

namespace moongate {

std::shared_ptr<const UseSums> UseSums::build(std::int64_t day, const std::vector<UsageRollup>& of_day,
                                              std::int64_t month, const std::vector<UsageRollup>& of_month) {
  auto sums = std::make_shared<UseSums>();
  sums->day_ = day;
  sums->month_ = month;
  for (const UsageRollup& row : of_day) {
    const auto add = [&row](KnownUse& use) {
      use.tokens_of_day += row.input_tokens + row.cache_write_tokens + row.output_tokens;
      use.cost_of_day += row.billed_nano;
    };
    add(sums->clients_[row.client]);
    if (!row.user_id.empty()) add(sums->users_[row.user_id]);
  }
  for (const UsageRollup& row : of_month) {
    sums->clients_[row.client].cost_of_month += row.billed_nano;
    if (!row.user_id.empty()) sums->users_[row.user_id].cost_of_month += row.billed_nano;
  }
  return sums;
}

KnownUse UseSums::find(const Map& map, std::string_view key) const {
  KnownUse use;
  if (const auto found = map.find(key); found != map.end()) use = found->second;
  use.day = day_;
  use.month = month_;
  return use;
}

}  // namespace moongate
