// Price rows from JSON: data/prices.json, the table built into the program, and the rows that the store keeps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "meter/price_book.h"
#include "store/records.h"

namespace moongate {

inline constexpr std::size_t kMaxPriceRows = 5000;

// {"about": "…", "prices": [row, …]}, or the list alone. Everything wrong is appended to `problems` with line, column and path (all of it,
// up to 100), among it unknown members and rows for the same provider and model whose dates overlap. What is wrong
// anywhere makes the result empty: half a price table would bill wrongly.
std::vector<PriceRow> parse_price_file(const std::string& file, std::string_view text, std::vector<Problem>& problems);
// Of at most 1 MiB. A file that cannot be read is one problem.
std::vector<PriceRow> load_price_file(const std::string& path, std::vector<Problem>& problems);
// data/prices.json as it was when the program was built.
std::string_view built_in_prices();

// One row as the console sends it and the store keeps it, with what the store wants to know of it in columns. kInvalid:
// the message names the JSON path ("$.cache_read").
struct StoredPrice {
  PriceRow row;
  PriceRecord record;
};
Result<StoredPrice> parse_price_row(std::string_view json);
// The store's rows. `file` in the problems is "store" and the path begins with the row's id.
std::vector<PriceRow> parse_price_records(const std::vector<PriceRecord>& records, std::vector<Problem>& problems);

// A row as JSON, with the members in the order of docs/prices.md; parse_price_row() makes the same row of it.
std::string render_price_row(const PriceRow& row);

}  // namespace moongate
