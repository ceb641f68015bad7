// What a request cost: its counts times a row of the price table.
#pragma once

#include <cstdint>
#include <string>

#include "base/money.h"

namespace moongate {

struct UsageCost {
  bool priced = false;          // false: no price is known for some of it; the amounts are 0 and mean nothing
  NanoDollars cost_nano = 0;    // what the provider takes
  NanoDollars billed_nano = 0;  // with the client's markup
  std::string price_id;         // the row; empty: none
};

}  // namespace moongate
