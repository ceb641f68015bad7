// The price table of a gateway: the file's rows, and the store's over them.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "control/price_hooks.h"
#include "meter/price_book.h"
#include "store/ledger_store.h"

namespace moongate {

// billing.prices, or the table built into the program where the default is not there; and what the store has.
// kInvalid: every problem, a line each.
struct PriceTable {
  std::shared_ptr<const PriceBook> book;
  std::vector<PriceRecord> stored;  // the store's part of it, to tell whether it has changed
};
Result<PriceTable> read_price_table(const Settings& settings, LedgerStore& store);
// A list of price rows as the admin API takes it. kInvalid as above.
Result<std::vector<PriceRecord>> parse_price_list(std::string_view json);
// The three hooks over a table that may be exchanged while they are in use.
PriceHooks price_hooks(std::function<std::shared_ptr<const PriceBook>()> book);

}  // namespace moongate
