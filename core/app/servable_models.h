// Which models a caller may name: what the price table and the accounts' rules know, as far as an account serves it.
#pragma once

#include <vector>

#include "config/map.h"
#include "meter/price_book.h"
#include "proxy/exchange.h"

namespace moongate {

// In the order of their names. A model that only a wildcard of a rule lets through and that has no price is not told of.
std::vector<ServableModel> servable_models(const MapConfig& map, const PriceBook& prices, const Identity& identity);

}  // namespace moongate
