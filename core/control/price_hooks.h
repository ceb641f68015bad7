// What the admin API asks of the price table.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace moongate {

struct PriceHooks {
  // The table in force, as JSON.
  std::function<std::string()> effective;
  // Rows of a table as they came: checked, each with its id and times. kInvalid names the row and what to do.
  std::function<Result<std::vector<PriceRecord>>(std::string_view json)> parse;
  // What prices a ledger row by the table in force, for repricing.
  std::function<std::function<void(LedgerRecord&)>()> pricer;
};

}  // namespace moongate
